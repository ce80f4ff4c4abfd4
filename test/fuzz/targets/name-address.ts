/** name-addr and addr-spec: From, To, Contact, Route (RFC 3261 §20.10). */
import assert from 'node:assert/strict'
import { formatNameAddress, parseNameAddress } from '../../../src/sip/message/name-address.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'

export const target: FuzzTarget = {
  name: 'name-address',
  covers: [
    'src/sip/message/name-address.ts',
    'src/sip/message/uri.ts',
    'src/sip/message/headers.ts',
    'src/sip/message/characters.ts',
    'src/sip/message/text.ts',
  ],
  shape: 'text',
  seeds: texts(
    '"Bob \\"the\\" Builder" <sips:bob@biloxi.com> ;tag=a48s',
    'sip:+12125551212@server.phone2net.com;tag=887s',
    'Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8',
    '<sip:p1.example.com;lr>;x="a;b,c"',
    'J\xc3\xb6rg <sip:joerg@[2001:db8::1]:5061>;q=0.7;expires=3600',
    '<sip:a@b>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";reg-id=1',
  ),
  maximumLength: 8_192,
  check(input) {
    const text = input.toString('latin1')
    const address = parseNameAddress(text)
    // A header value holds no line end: the message parser unfolds it before.
    if (address === undefined || /[\r\n]/.test(text)) return
    const written = formatNameAddress(address)
    assert.deepEqual(parseNameAddress(written), address)
    assert.equal(formatNameAddress(parseNameAddress(written)!), written)
    assert.ok(address.parameters.size <= 64)
  },
}
