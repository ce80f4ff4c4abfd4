/** No secret is in a trace. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { redactSip } from './redact-sip.ts'

const sdp = (secret: string): string =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${secret}|2^20\r\na=ice-pwd:${secret}\r\nk=clear:${secret}\r\n`

test('no credential, key, password or text of people, however it is written', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/]{24,40}$/)
  const fold = fc.constantFrom(' ', '\r\n ', '\r\n\t', ' \r\n  ')
  const name = fc.constantFrom(
    'Authorization',
    'PROXY-AUTHORIZATION',
    'Proxy-Authorization ',
    'authentication-info',
    'Identity',
    'y',
  )
  fc.assert(
    fc.property(secret, fold, name, (hidden, gap, header) => {
      const body = sdp(hidden)
      const invite = `INVITE sip:101:${hidden}@pbx.example.com SIP/2.0\r\n${header}:${gap}Digest${gap}username="u", response="${hidden}",${gap}cnonce="${hidden}"\r\nContent-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      const shown = redactSip(invite)
      assert.ok(!shown.includes(hidden), shown)
      assert.match(shown, /m=audio 4000/)
      const [, length, rest] = /Content-Length: (\d+)\r\n\r\n([\s\S]*)$/.exec(shown) ?? []
      assert.equal(rest?.length, Number(length))
      for (const type of [
        'text/plain',
        'application/dtmf-relay',
        'application/sdp\r\nContent-Type: text/plain',
        'multipart/mixed;boundary=x',
      ]) {
        const letter = `MESSAGE sip:101@pbx.example.com SIP/2.0\r\nContent-Type: ${type}\r\nl: ${hidden.length}\r\n\r\n${hidden}`
        assert.ok(!redactSip(letter).includes(hidden), type)
      }
    }),
    { numRuns: 200 },
  )
})
