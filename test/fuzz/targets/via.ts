/** Via (RFC 3261 §20.42, RFC 3581). */
import assert from 'node:assert/strict'
import { formatVia, parseVia } from '../../../src/sip/message/via.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'

export const target: FuzzTarget = {
  name: 'via',
  covers: ['src/sip/message/via.ts', 'src/sip/message/headers.ts', 'src/sip/message/characters.ts'],
  shape: 'text',
  seeds: texts(
    'SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7',
    'SIP / 2.0 / TCP 192.0.2.1 : 5060 ; ttl=16; maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1',
    'SIP/2.0/TLS [2001:db8::9:1];received=[2001:db8::9:255];rport=4711;branch=z9hG4bK2',
    'sip/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport;alias',
  ),
  maximumLength: 8_192,
  check(input) {
    const text = input.toString('latin1')
    const via = parseVia(text)
    if (via === undefined || /[\r\n]/.test(text)) return
    const written = formatVia(via)
    assert.deepEqual(parseVia(written), via)
    assert.equal(formatVia(parseVia(written)!), written)
    for (const port of [via.port, via.rport]) {
      assert.ok(port === undefined || port === null || (Number.isInteger(port) && port >= 0 && port <= 65_535))
    }
  },
}
