import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from './error.ts'
import { parseMessage } from './parse.ts'
import { serialise } from './serialise.ts'
import type { MessageLimits, SipMessage, SipRequest } from './types.ts'
import { validateRequest, validateResponse } from './validate.ts'

const HEAD = [
  'OPTIONS sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1',
  'From: "Ann" <sip:ann@example.com>;tag=1',
  'To: <sip:bob@example.com>',
  'Call-ID: c@192.0.2.1',
  'CSeq: 1 OPTIONS',
]

function bytes(lines: readonly string[], body = ''): Buffer {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

function parsed(input: Buffer, limits?: MessageLimits): SipMessage {
  const result = parseMessage(input, limits)
  assert.ok(result.ok, result.ok ? '' : result.error.message)
  return result.value
}

/** Code, and the status of the answer or `none`. */
function refused(input: Buffer, limits?: MessageLimits): readonly [string, number | 'none'] {
  const result = parseMessage(input, limits)
  assert.ok(!result.ok, 'accepted')
  return [result.error.code, result.error.request === undefined ? 'none' : result.error.status]
}

const request = (input: Buffer): SipRequest => parsed(input) as SipRequest

test('header names in any case and compact form; unknown ones as sent', () => {
  const message = request(bytes([...HEAD, 'sUPPORTED: a', 'k: b , c', 'm: <sip:a@b>', 'X-Other: 1', 'x-other: 2']))
  assert.deepEqual(message.headerValues('Supported'), ['a', 'b', 'c'])
  assert.equal(message.header('Contact'), '<sip:a@b>')
  assert.equal(message.header('X-OTHER'), '1')
  assert.deepEqual(message.headerValues('x-Other'), ['1', '2'])
  assert.ok(message.headers.some(field => field.name === 'x-other'))
  assert.equal(message.header('Subject'), undefined)
})

test('folds are one space, also at the end and before an empty rest', () => {
  const message = request(bytes([...HEAD, 'Subject: one\r\n \t two\r\n\tthree', 'X-A: a\r\n ', 'X-B:\r\n b']))
  assert.equal(message.header('Subject'), 'one two three')
  assert.equal(message.header('X-A'), 'a')
  assert.equal(message.header('X-B'), 'b')
})

test('line ends before the start line are skipped; nothing but them is refused', () => {
  assert.equal(request(Buffer.concat([Buffer.from('\r\n\r\n'), bytes(HEAD)])).method, 'OPTIONS')
  assert.deepEqual(refused(Buffer.from('\r\n\r\n')), ['SIP_PARSE_EMPTY', 'none'])
  assert.deepEqual(refused(Buffer.alloc(0)), ['SIP_PARSE_EMPTY', 'none'])
  assert.deepEqual(refused(Buffer.from('OPTIONS sip:a SIP/2.0\r\n')), ['SIP_PARSE_NO_HEAD_END', 'none'])
})

test('a head without its empty line is answered where its whole lines suffice', () => {
  const whole = bytes(HEAD)
  assert.deepEqual(refused(whole.subarray(0, -2)), ['SIP_PARSE_NO_HEAD_END', 400])
  assert.deepEqual(refused(Buffer.concat([whole.subarray(0, -2), Buffer.from('X: y\n\n')])), [
    'SIP_PARSE_NO_HEAD_END',
    400,
  ])
  assert.deepEqual(refused(whole.subarray(0, 30)), ['SIP_PARSE_NO_HEAD_END', 'none'])
  assert.deepEqual(refused(Buffer.alloc(70_000, 'X: y\r\n')), ['SIP_PARSE_NO_HEAD_END', 'none'])
})

test('the body is what Content-Length says, or all there is', () => {
  assert.equal(request(bytes([...HEAD, 'Content-Length: 3'], 'abcdef')).body.length, 3)
  assert.equal(request(bytes(HEAD, 'abcdef')).body.length, 6)
  assert.equal(request(bytes([...HEAD, 'l: 0003'], 'abc')).body.length, 3)
  assert.equal(request(bytes([...HEAD, 'l: 3', 'Content-Length: 3'], 'abc')).body.length, 3)
})

test('a Content-Length that lies is answered with 400', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Content-Length: 4', 'SIP_PARSE_BODY_TRUNCATED'],
    ['Content-Length: -1', 'SIP_PARSE_CONTENT_LENGTH'],
    ['Content-Length: +3', 'SIP_PARSE_CONTENT_LENGTH'],
    ['Content-Length: 3, 3', 'SIP_PARSE_CONTENT_LENGTH'],
    ['Content-Length: 0x3', 'SIP_PARSE_CONTENT_LENGTH'],
    ['Content-Length:', 'SIP_PARSE_CONTENT_LENGTH'],
    ['Content-Length: 18446744073709551619', 'SIP_PARSE_CONTENT_LENGTH'],
    ['Content-Length: 3\r\nl: 2', 'SIP_PARSE_CONTENT_LENGTH_CONFLICT'],
  ]
  for (const [header, code] of cases) assert.deepEqual(refused(bytes([...HEAD, header], 'abc')), [code, 400], header)
})

test('NUL, bare CR, bare LF, control characters and invalid UTF-8 in the head are answered with 400', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Subject: a\0b', 'SIP_PARSE_CONTROL_CHARACTER'],
    ['Subject: a\x0bb', 'SIP_PARSE_CONTROL_CHARACTER'],
    ['Subject: a\x7f', 'SIP_PARSE_CONTROL_CHARACTER'],
    ['Contact: "a\0b" <sip:a@b>', 'SIP_PARSE_CONTROL_CHARACTER'],
    ['Subject: a\nX: b', 'SIP_PARSE_BARE_LINE_END'],
    ['Subject: a\rX: b', 'SIP_PARSE_BARE_LINE_END'],
    ['Subject: a\r\r\nX: b', 'SIP_PARSE_BARE_LINE_END'],
    ['Subject: \xff\xfe', 'SIP_PARSE_UTF8'],
    ['Subject: \xc0\xaf', 'SIP_PARSE_UTF8'],
    ['Subject: \xed\xa0\x80', 'SIP_PARSE_UTF8'],
  ]
  for (const [header, code] of cases)
    assert.deepEqual(refused(bytes([...HEAD, header])), [code, 400], JSON.stringify(header))
  assert.equal(request(bytes([...HEAD, 'Subject: \xc3\xa4'])).header('Subject'), '\xc3\xa4')
})

test('an escaped control character inside quotes is part of the grammar (§25.1 quoted-pair), the octets of a body are free', () => {
  assert.ok(request(bytes([...HEAD, 'Contact: "a\\\0b" <sip:a@b>'])))
  assert.ok(request(bytes([...HEAD, 'Content-Type: x/y'], '\0\r\n\xff')))
})

test('what is echoed in the answer to an unclean request is clean', () => {
  const result = parseMessage(bytes(HEAD.map(line => line.replace('Call-ID: c', 'Call-ID: c\0\n'))))
  assert.ok(!result.ok && result.error.request !== undefined)
  assert.equal(/[\0\n\r]/.test(result.error.request.header('Call-ID')!), false)
})

test('header lines without a proper name', () => {
  for (const line of ['no colon here', ': empty', 'two words: x', 'Sub(ject: x', '\xc3\xa4: x']) {
    assert.deepEqual(refused(bytes([...HEAD, line])), ['SIP_PARSE_HEADER', 400], line)
  }
  assert.deepEqual(refused(bytes([HEAD[0]!, ' Folded: x', ...HEAD.slice(1)])), ['SIP_PARSE_HEADER', 400])
})

test('start lines', () => {
  const start = (line: string): Buffer => bytes([line, ...HEAD.slice(1)])
  const bad = [
    'OPTIONS sip:a@b',
    'OPTIONS  sip:a@b SIP/2.0',
    'OPTIONS sip:a@b SIP/2.0 ',
    'OPTIONS sip:a@b HTTP/1.1',
    'OPTIONS SIP/2.0',
  ]
  for (const line of bad) assert.deepEqual(refused(start(line)), ['SIP_PARSE_REQUEST_LINE', 400], line)
  for (const line of ['', 'OPTIONS', 'OP TIONS', '(x) sip:a@b SIP/2.0', ' OPTIONS sip:a@b SIP/2.0']) {
    const [code, answer] = refused(start(line))
    assert.ok(code === 'SIP_PARSE_START_LINE' || code === 'SIP_PARSE_REQUEST_LINE', line)
    if (code === 'SIP_PARSE_START_LINE') assert.equal(answer, 'none')
  }
  for (const line of [
    'SIP/2.0 99 x',
    'SIP/2.0 700 x',
    'SIP/2.0 2000 x',
    'SIP/2.0 200x',
    'SIP/3.0 200 OK',
    'SIP/2.0  200 OK',
    'SIP/2.0',
  ]) {
    assert.deepEqual(refused(start(line)), ['SIP_PARSE_STATUS_LINE', 'none'], line)
  }
  assert.equal(parsed(start('SIP/2.0 200')).kind, 'response')
})

test('an ACK and a request without Via or CSeq are never answered', () => {
  const unclean = 'Subject: a\0b'
  assert.equal(refused(bytes([...HEAD.map(line => line.replace('OPTIONS', 'ACK')), unclean]))[1], 'none')
  assert.equal(refused(bytes([HEAD[0]!, ...HEAD.slice(2), unclean]))[1], 'none')
  assert.equal(refused(bytes([...HEAD.slice(0, 5), unclean]))[1], 'none')
})

test('every bound has its refusal', () => {
  const limits: MessageLimits = {
    maximumMessageLength: 2_000,
    maximumLineLength: 100,
    maximumHeaderCount: 10,
    maximumBodyLength: 50,
  }
  const cases: readonly (readonly [Buffer, string])[] = [
    [bytes([...HEAD, `X: ${'a'.repeat(100)}`]), 'SIP_PARSE_LINE_TOO_LONG'],
    [bytes([...HEAD, `X: ${'a\r\n '.repeat(40)}`]), 'SIP_PARSE_LINE_TOO_LONG'],
    [bytes([`OPTIONS sip:${'a'.repeat(100)} SIP/2.0`, ...HEAD.slice(1)]), 'SIP_PARSE_LINE_TOO_LONG'],
    [bytes([...HEAD, ...Array.from({ length: 10 }, () => 'X: a')]), 'SIP_PARSE_TOO_MANY_HEADERS'],
    [bytes(HEAD, 'x'.repeat(51)), 'SIP_PARSE_BODY_TOO_LONG'],
    [bytes([...HEAD, 'Content-Length: 1'], 'x'.repeat(2_000)), 'SIP_PARSE_TOO_LONG'],
  ]
  for (const [input, code] of cases) assert.deepEqual(refused(input, limits), [code, 513], code)
  assert.deepEqual(refused(bytes([...HEAD, ...Array.from({ length: 90 }, () => `X: ${'a'.repeat(30)}`)]), limits), [
    'SIP_PARSE_TOO_LONG',
    'none',
  ])
  assert.equal(DEFAULT_LIMITS.maximumMessageLength, 65_535)
})

test('validation: each refusal with its status', () => {
  const change = (from: string, to: string): readonly string[] => HEAD.map(line => line.replace(from, to))
  const cases: readonly (readonly [readonly string[], string, number])[] = [
    [change('sip:bob@example.com SIP', 'http://example.com SIP'), 'SIP_PARSE_URI_SCHEME', 416],
    [change('SIP/2.0', 'SIP/3.0'), 'SIP_PARSE_VERSION', 505],
    [change('sip:bob@example.com SIP', 'sip:bob@ SIP'), 'SIP_PARSE_REQUEST_URI', 400],
    [change('CSeq: 1 OPTIONS', 'CSeq: 2147483648 OPTIONS'), 'SIP_PARSE_CSEQ', 400],
    [change('CSeq: 1 OPTIONS', 'CSeq: 1 BYE'), 'SIP_PARSE_CSEQ_METHOD', 400],
    [change('Call-ID: c@192.0.2.1', 'Call-ID:'), 'SIP_PARSE_CALL_ID', 400],
    [change('Call-ID: c@192.0.2.1', 'Call-ID: a b'), 'SIP_PARSE_CALL_ID', 400],
    [change('Call-ID: c@192.0.2.1', 'Other: x'), 'SIP_PARSE_MISSING_HEADER', 400],
    [change('branch=z9hG4bK1', 'branch=z9hG4bK'), 'SIP_PARSE_BRANCH', 400],
    [change('Via: SIP/2.0/TLS', 'Via: SIP/3.0/TLS'), 'SIP_PARSE_VIA', 400],
    [change(';tag=1', ';tag=1;tag=2'), 'SIP_PARSE_FROM', 400],
    [[...HEAD, 'Contact: *, <sip:a@b>'], 'SIP_PARSE_CONTACT', 400],
    [[...HEAD, 'Route:'], 'SIP_PARSE_ROUTE', 400],
    [[...HEAD, 'Route: <sip:a@b>,,<sip:c@d>'], 'SIP_PARSE_ROUTE', 400],
    [[...HEAD, 'To: <sip:x@y>'], 'SIP_PARSE_REPEATED_HEADER', 400],
    [[...HEAD, 'Max-Forwards: 256'], 'SIP_PARSE_MAX_FORWARDS', 400],
    [[...HEAD, 'Authorization: Digest username="a'], 'SIP_PARSE_CREDENTIALS', 400],
    [[...HEAD, 'Require: a b'], 'SIP_PARSE_OPTION_TAGS', 400],
    [[...HEAD, `Route: ${Array.from({ length: 101 }, () => '<sip:a@b>').join()}`], 'SIP_PARSE_ROUTE', 400],
  ]
  for (const [lines, code, status] of cases) {
    const refusal = validateRequest(request(bytes(lines)))
    assert.deepEqual([refusal?.code, refusal?.status], [code, status], lines.join('\n'))
  }
  assert.equal(validateRequest(request(bytes(HEAD, 'x')))?.code, 'SIP_PARSE_CONTENT_TYPE')
  assert.equal(validateRequest(request(bytes(HEAD))), undefined)
  for (const uri of ['tel:+491234', 'urn:service:sos']) {
    assert.equal(validateRequest(request(bytes(change('sip:bob@example.com SIP', `${uri} SIP`)))), undefined, uri)
  }
})

test('a response with two Vias is not for us (§8.1.3.3)', () => {
  const response = (lines: readonly string[]): string | undefined => {
    const message = parsed(bytes(['SIP/2.0 200 OK', ...lines]))
    assert.ok(message.kind === 'response')
    return validateResponse(message)
  }
  assert.equal(response(HEAD.slice(1)), undefined)
  assert.equal(response([...HEAD.slice(1), 'Via: SIP/2.0/UDP 255.255.255.255']), 'SIP_PARSE_RESPONSE_VIAS')
})

test('time is linear in the length, whatever is sent', () => {
  const hostile: readonly (readonly [string, string])[] = [
    ['commas', ','],
    ['quotes', '"'],
    ['brackets', '<'],
    ['backslashes', '\\'],
    ['semicolons', ';a'],
    ['spaces', ' '],
    ['folds', '\r\n '],
    ['escapes', '%41'],
    ['colons', ':'],
    ['parameters', ';a=b'],
    ['addresses', '<sip:a@b>,'],
  ]
  const limits: MessageLimits = {
    maximumMessageLength: 1 << 22,
    maximumLineLength: 1 << 22,
    maximumHeaderCount: 1 << 20,
    maximumBodyLength: 1 << 22,
  }
  for (const [name, text] of hostile) {
    for (const header of ['Contact', 'Via', 'Authorization', 'Subject', 'Require', 'To', 'Content-Type']) {
      const time = (length: number): number => {
        const input = bytes([
          ...HEAD.filter(line => !line.startsWith(`${header}:`)),
          `${header}: ${text.repeat(length / text.length)}`,
        ])
        const start = performance.now()
        const result = parseMessage(input, limits)
        if (result.ok) validateRequest(result.value as SipRequest)
        return performance.now() - start
      }
      time(10_000)
      const large = Math.min(time(400_000), time(400_000))
      assert.ok(large < 200, `${name} in ${header}: ${large.toFixed(1)} ms for 400,000 octets`)
    }
  }
})

test('10,000 headers and a header of a megabyte are refused at once', () => {
  const start = performance.now()
  assert.equal(
    refused(bytes([...HEAD, ...Array.from({ length: 10_000 }, () => 'X: a')]))[0],
    'SIP_PARSE_TOO_MANY_HEADERS',
  )
  assert.equal(refused(bytes([...HEAD, `X: ${'a'.repeat(1 << 20)}`]))[0], 'SIP_PARSE_TOO_LONG')
  assert.ok(performance.now() - start < 100)
})

test('serialised: long names, our Content-Length, octets unchanged', () => {
  const message = request(bytes([...HEAD, 'l: 2', 'Content-Type: text/plain', 'X-Odd:   \xc3\xa4 '], '\0\xff'))
  const text = serialise(message).toString('latin1')
  assert.ok(text.endsWith('X-Odd: \xc3\xa4\r\nContent-Length: 2\r\n\r\n\0\xff'))
  assert.ok(text.startsWith('OPTIONS sip:bob@example.com SIP/2.0\r\nVia: '))
})
