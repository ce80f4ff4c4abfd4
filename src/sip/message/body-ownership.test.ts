import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from './parse.ts'

function received(body: string): Buffer {
  const text =
    'INVITE sip:102@example.com SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1\r\n' +
    'From: <sip:101@example.com>;tag=1\r\nTo: <sip:102@example.com>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n' +
    `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  // What a socket reads into is 64 kB, however little came.
  const buffer = Buffer.alloc(65_536)
  return buffer.subarray(0, buffer.write(text, 'latin1'))
}

test('a message that is kept keeps no more of what was read than its body', () => {
  const bytes = received('v=0\r\n'.repeat(100))
  const parsed = parseMessage(bytes)
  assert.ok(parsed.ok)
  assert.equal(Buffer.from(parsed.value.body).toString(), 'v=0\r\n'.repeat(100))
  assert.notEqual(parsed.value.body.buffer, bytes.buffer)
})

test('a message without a body keeps nothing of it', () => {
  const bytes = received('')
  const parsed = parseMessage(bytes)
  assert.ok(parsed.ok)
  assert.equal(parsed.value.body.length, 0)
  assert.notEqual(parsed.value.body.buffer, bytes.buffer)
})
