/** What the fuzzers found, each in words; the inputs themselves are in `crashers/`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSdp, parseSdp } from '../../src/media/sdp/index.ts'
import { withoutTopmostVia, withTopmostVia } from '../../src/sip/message/change.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { validateRequest, validateResponse } from '../../src/sip/message/validate.ts'
import { parseReplaces } from '../../src/sip/dialog/replaces.ts'

test('a Content-Type that cannot be read refuses a message without a body, too: its accessor would throw later', () => {
  const lines = [
    'REGISTER sip:example.com SIP/2.0',
    'Via: SIP/2.0/TLS a',
    'From: <sip:a@b>;tag=1',
    'To: <sip:a@b>',
    'Call-ID: a',
    'CSeq: 1 REGISTER',
    'Content-Type: ',
  ]
  const parsed = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
  assert.ok(parsed.ok && parsed.value.kind === 'request')
  assert.equal(validateRequest(parsed.value)?.code, 'SIP_PARSE_CONTENT_TYPE')
})

test('the topmost Via behind an empty field is replaced, not doubled', () => {
  const lines = ['SIP/2.0 200 OK', 'Via:', 'Via: SIP/2.0/TLS a', 'Via: SIP/2.0/TLS b']
  const parsed = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
  assert.ok(parsed.ok)
  assert.deepEqual(withTopmostVia(parsed.value, 'SIP/2.0/TLS c').headerValues('Via'), [
    'SIP/2.0/TLS c',
    'SIP/2.0/TLS b',
  ])
  assert.deepEqual(withoutTopmostVia(parsed.value).headerValues('Via'), ['SIP/2.0/TLS b'])
})

test('a Route that cannot be read refuses a response, too', () => {
  const lines = [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/TLS a',
    'From: <sip:a@b>;tag=1',
    'To: <sip:a@b>',
    'Call-ID: a',
    'CSeq: 1 BYE',
  ]
  const parsed = parseMessage(Buffer.from(`${[...lines, 'Route: <sip:%>'].join('\r\n')}\r\n\r\n`))
  assert.ok(parsed.ok && parsed.value.kind === 'response')
  assert.equal(validateResponse(parsed.value), 'SIP_PARSE_ROUTE')
})

test('tags in Replaces are tokens (RFC 3891 §6): an empty one names no dialog', () => {
  for (const text of ['a;to-tag="";from-tag=2', 'a;to-tag=1;from-tag=""', 'a;to-tag="b c";from-tag=2']) {
    assert.equal(parseReplaces(text), undefined, text)
  }
})

test('a bandwidth that no number holds is refused, not passed on as another one', () => {
  const sdp = (amount: string): string => `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nb=AS:${amount}\r\nt=0 0\r\n`
  const most = parseSdp(sdp('9'.repeat(15)))
  assert.equal(most.ok && formatSdp(most.value), sdp('9'.repeat(15)))
  for (const digits of [16, 20]) assert.equal(parseSdp(sdp('9'.repeat(digits))).ok, false)
})
