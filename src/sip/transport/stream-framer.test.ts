import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../message/error.ts'
import { type FramingError, StreamFramer } from './stream-framer.ts'

interface Framed {
  readonly frames: string[]
  readonly errors: FramingError[]
  readonly framer: StreamFramer
  pings: number
}

function framed(limits = DEFAULT_LIMITS, goOn = () => true): Framed {
  const result = {
    frames: [] as string[],
    errors: [] as FramingError[],
    pings: 0,
    framer: undefined as unknown as StreamFramer,
  }
  const sink = {
    onFrame(bytes: Buffer) {
      result.frames.push(bytes.toString('latin1'))
      return goOn()
    },
    onPing() {
      result.pings++
    },
    onFramingError(error: FramingError) {
      result.errors.push(error)
    },
  }
  result.framer = new StreamFramer(sink, limits)
  return result
}

function push(text: string, limits = DEFAULT_LIMITS): Framed {
  const result = framed(limits)
  result.framer.push(Buffer.from(text, 'latin1'))
  return result
}

const message = (body = '', name = 'Content-Length: '): string =>
  `OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\n${name}${body.length}\r\n\r\n${body}`

test('one whole message in one chunk is not copied', () => {
  const bytes = Buffer.from(message('v=0\r\n'))
  let same = false
  const sink = { onFrame: (frame: Buffer) => (same = frame === bytes), onPing() {}, onFramingError() {} }
  new StreamFramer(sink, DEFAULT_LIMITS).push(bytes)
  assert.equal(same, true)
})

test('two messages split at every byte, and at every pair of bytes', () => {
  const text = `${message('v=0\r\n\r\n')}\r\n${message()}`
  for (let size = 1; size <= 3; size++) {
    const result = framed()
    for (let at = 0; at < text.length; at += size) {
      result.framer.push(Buffer.from(text.slice(at, at + size), 'latin1'))
    }
    assert.deepEqual(result.frames, [message('v=0\r\n\r\n'), message()])
    assert.deepEqual(result.errors, [])
    assert.equal(result.framer.partial, false)
    assert.equal(result.framer.held, 0)
  }
})

test('each cut of one message into two gives the message', () => {
  const text = message('0123456789')
  for (let at = 1; at < text.length; at++) {
    const result = framed()
    result.framer.push(Buffer.from(text.slice(0, at)))
    assert.equal(result.framer.partial, true)
    result.framer.push(Buffer.from(text.slice(at)))
    assert.deepEqual(result.frames, [text])
  }
})

test('pipelined messages come out in order, the last one when it is whole', () => {
  const result = push(message('a') + message('bb') + message('ccc').slice(0, -1))
  assert.deepEqual(result.frames, [message('a'), message('bb')])
  result.framer.push(Buffer.from('c'))
  assert.equal(result.frames[2], message('ccc'))
})

test('RFC 3261 §7.3.1, §7.3.3: Content-Length folded, compact, in any case, with blanks before the colon', () => {
  for (const name of ['l: ', 'L:', 'l \t: ', 'content-length:\r\n  ', 'CONTENT-LENGTH   : \t', 'Content-Length: 00']) {
    const text = message('12345', name)
    assert.deepEqual(push(text + message()).frames, [text, message()], JSON.stringify(name))
  }
})

test('headers that only look like Content-Length are not', () => {
  for (const line of ['Content-Lengthy: 9', 'Label: 9', 'Content: 9', 'X-Content-Length: 9', 'c: text/plain']) {
    const text = message('1').replace('Via', `${line}\r\nVia`)
    assert.deepEqual(push(text).frames, [text], line)
  }
})

test('a folded line that reads like Content-Length is a part of the line before', () => {
  const text = message('1').replace('\r\nContent', '\r\nSubject: x\r\n Content-Length: 7\r\nContent')
  assert.deepEqual(push(text).frames, [text])
})

test('RFC 5626 §4.4.1: CRLFCRLF between messages is a ping, a single CRLF is nothing (§7.5)', () => {
  const result = push(`\r\n\r\n${message()}\r\n${message()}\r\n\r\n\r\n\r\n`)
  assert.equal(result.pings, 3)
  assert.equal(result.frames.length, 2)
  assert.equal(result.framer.partial, false)
})

test('RFC 3261 §18.3: what is wrong with Content-Length ends the stream with 400', () => {
  const cases: [string, string][] = [
    [message().replace(/Content-Length: 0\r\n/, ''), 'SIP_FRAME_CONTENT_LENGTH_MISSING'],
    [message().replace('Via', 'l: 0\r\nVia'), 'SIP_FRAME_CONTENT_LENGTH_REPEATED'],
    [message().replace('Via', 'Content-Length: 5\r\nVia'), 'SIP_FRAME_CONTENT_LENGTH_REPEATED'],
    [message('', 'Content-Length: -'), 'SIP_FRAME_CONTENT_LENGTH_INVALID'],
    [message('', 'Content-Length: +'), 'SIP_FRAME_CONTENT_LENGTH_INVALID'],
    [message('', 'Content-Length: 0x'), 'SIP_FRAME_CONTENT_LENGTH_INVALID'],
    [message('', 'Content-Length: 5, '), 'SIP_FRAME_CONTENT_LENGTH_INVALID'],
    [message('', 'Content-Length: 99999999999999999999'), 'SIP_FRAME_CONTENT_LENGTH_INVALID'],
    [message().replace('Content-Length: 0', 'Content-Length:'), 'SIP_FRAME_CONTENT_LENGTH_INVALID'],
  ]
  for (const [text, code] of cases) {
    const result = push(text + message())
    assert.equal(result.errors[0]?.code, code, text)
    assert.equal(result.errors[0]?.status, 400)
    assert.equal(result.errors[0]?.head.toString('latin1'), text)
    assert.deepEqual(result.frames, [], 'nothing after the error is believed')
    assert.equal(result.errors.length, 1)
  }
})

test('a body above the limit is 413 and is not waited for', () => {
  const result = push(message('', 'Content-Length: 900000'))
  assert.equal(result.errors[0]?.status, 413)
  assert.equal(result.framer.held, 0)
})

test('CR or LF that is not part of CRLF is never a line end', () => {
  for (const text of [
    message().replaceAll('\r\n', '\n'),
    message().replace('\r\nVia', '\nVia'),
    message().replace('\r\nVia', '\rVia'),
    message().replace('z9hG4bK1', 'z9\rContent-Length: 9'),
  ]) {
    const result = push(text)
    assert.equal(result.errors[0]?.code, 'SIP_FRAME_LINE_END', JSON.stringify(text))
    assert.equal(result.errors[0]?.head.toString('latin1'), text)
  }
})

test('what cannot begin a message ends the stream', () => {
  for (const text of ['\0', '\xff\xfe', ' x', '\rx', '\n\n', '\r\n x', '\x16\x03\x01', '{"a":1}']) {
    assert.equal(push(text).errors.length, 1, JSON.stringify(text))
    assert.equal(push(text + message()).frames.length, 0)
  }
})

test('a header section without end is bounded', () => {
  const limits = { ...DEFAULT_LIMITS, maximumMessageLength: 4096 }
  const result = framed(limits)
  let pushed = 0
  while (result.errors.length === 0) {
    result.framer.push(Buffer.from('X: yyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'))
    pushed += 31
    assert.ok(result.framer.held <= 4096)
    assert.ok(pushed < 5000, 'never refused')
  }
  assert.equal(result.errors[0]!.code, 'SIP_FRAME_HEAD_TOO_LONG')
  assert.equal(result.framer.held, 0)
  assert.equal(push(`X: ${'y'.repeat(1_000_000)}`).errors[0]!.code, 'SIP_FRAME_HEAD_TOO_LONG')
})

test('time does not grow with the square of the pieces', () => {
  const text = `OPTIONS sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(10_000)}`
  const result = framed()
  const start = process.cpuUsage()
  for (const character of text) result.framer.push(Buffer.from(character))
  const { user } = process.cpuUsage(start)
  assert.ok(user < 1_000_000, `${user} us for ${text.length} pieces`)
})

test('a sink that closed the flow gets nothing more', () => {
  const result = framed(DEFAULT_LIMITS, () => false)
  result.framer.push(Buffer.from(message() + message()))
  result.framer.push(Buffer.from(message()))
  assert.equal(result.frames.length, 1)
})
