/** SIP URIs and others (RFC 3261 §19.1). */
import assert from 'node:assert/strict'
import { formatUri, parseUri, uriEquals } from '../../../src/sip/message/uri.ts'
import { digestUriMatches } from '../../../src/sip/auth/uri-match.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'

export const target: FuzzTarget = {
  name: 'uri',
  covers: ['src/sip/message/uri.ts', 'src/sip/message/characters.ts', 'src/sip/auth/uri-match.ts'],
  shape: 'text',
  seeds: texts(
    'sip:alice:secretword@atlanta.com;transport=tcp',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:[2001:db8::10]:5070;lr;maddr=239.255.255.1;ttl=15',
    'sip:j%40s0n@192.0.2.1:5060',
    'tel:+358-555-1234567;postd=pp22',
    'urn:service:sos',
  ),
  maximumLength: 8_192,
  check(input) {
    const text = input.toString('latin1')
    const uri = parseUri(text)
    digestUriMatches(text, 'sip:example.com')
    if (uri === undefined) return
    const written = formatUri(uri)
    assert.match(written, /^[\x21-\x7e]+$/, 'a URI with an octet that no URI has')
    const again = parseUri(written)
    assert.deepEqual(again, uri)
    assert.ok(uriEquals(uri, again!))
    assert.equal(formatUri(again!), written)
    if (uri.kind === 'sip') {
      assert.ok(uri.host !== '' && uri.host === uri.host.toLowerCase())
      assert.ok(uri.port === undefined || (uri.port >= 0 && uri.port <= 65_535))
    }
  },
}
