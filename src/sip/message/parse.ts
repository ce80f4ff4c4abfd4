/** Bytes to a message (RFC 3261 §7, §18.3): bounded, in linear time, typed values left for later. */
import { isUtf8 } from 'node:buffer'
import { fail, ok, type Result } from '../../base/result.ts'
import { isToken, parseInteger } from './characters.ts'
import { DEFAULT_LIMITS, SipParseError } from './error.ts'
import type { MessageErrorCode } from './errors.ts'
import { type Head, type Problem, readHead } from './head.ts'
import { createRequest, createResponse } from './message.ts'
import { safeForLog } from './text.ts'
import type { HeaderField, MessageLimits, SipMessage } from './types.ts'

const NO_BODY = Buffer.alloc(0)
/** A body that is at least this part of its buffer is not copied. */
const LARGEST_SURPLUS = 4
const HEAD_END = Buffer.from('\r\n\r\n', 'latin1')
/** Without these no answer finds its way (§8.2.6.2, §17.1.3), so that none is sent. */
const ROUTABLE = ['Via', 'CSeq'] as const
const VERSION = /^SIP\/[0-9]{1,9}\.[0-9]{1,9}$/i

/**
 * Parses one whole message: a datagram, or what a stream's framing cut out. Line ends before the start line are skipped (§7.5);
 * octets after the length that Content-Length names are dropped, and without Content-Length the body goes to the end (§18.3).
 * The result has its start line, header fields and body; `validateRequest` or `validateResponse` evaluates the rest. An
 * error's `request` is there when an answer can be sent; the body shares memory with `bytes`.
 */
export function parseMessage(
  bytes: Uint8Array,
  limits: MessageLimits = DEFAULT_LIMITS,
): Result<SipMessage, SipParseError> {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let start = 0
  while (buffer[start] === 0x0d && buffer[start + 1] === 0x0a) start += 2
  if (start >= buffer.length) return fail(new SipParseError('SIP_PARSE_EMPTY', `${buffer.length} octets`))
  const headEnd = buffer.indexOf(HEAD_END, start)
  if (headEnd === -1) return fail(withoutHeadEnd(buffer.subarray(start), limits))
  if (headEnd - start > limits.maximumMessageLength) {
    return fail(new SipParseError('SIP_PARSE_TOO_LONG', `a head of ${headEnd - start} octets`))
  }
  const head = readHead(buffer.toString('latin1', start, headEnd + 2), limits)
  let problem = head.problem
  if (problem === undefined && !isUtf8(buffer.subarray(start, headEnd))) {
    problem = { code: 'SIP_PARSE_UTF8', detail: 'in the head' }
  }
  const available = buffer.subarray(headEnd + 4)
  const body = readBody(head.headers, available, limits)
  if ('code' in body) problem ??= body
  if (buffer.length - start > limits.maximumMessageLength) {
    problem ??= { code: 'SIP_PARSE_TOO_LONG', detail: `${buffer.length - start} octets` }
  }
  return readStart(head, 'code' in body ? undefined : body, problem)
}

/** The lines that are whole may be enough to answer. */
function withoutHeadEnd(bytes: Buffer, limits: MessageLimits): SipParseError {
  const problem: Problem = { code: 'SIP_PARSE_NO_HEAD_END', detail: `${bytes.length} octets` }
  const end = bytes.length > limits.maximumMessageLength ? -1 : bytes.lastIndexOf('\r\n')
  if (end > 0) {
    const read = readStart(readHead(bytes.toString('latin1', 0, end + 2), limits), undefined, problem)
    if (!read.ok && read.error.request !== undefined) return read.error
  }
  return new SipParseError(problem.code, problem.detail)
}

function readStart(
  head: Head,
  body: Uint8Array | undefined,
  problem: Problem | undefined,
): Result<SipMessage, SipParseError> {
  const line = head.startLine
  if (/^SIP\//i.test(line)) return readStatusLine(line, head.headers, body, problem)
  const first = line.indexOf(' ')
  const last = line.lastIndexOf(' ')
  const method = line.slice(0, Math.max(first, 0))
  if (!isToken(method)) return fail(refused('SIP_PARSE_START_LINE', line))
  const uri = line.slice(first + 1, Math.max(last, first + 1))
  const version = line.slice(last + 1)
  if (uri === '' || uri.includes(' ') || !VERSION.test(version)) {
    problem ??= { code: 'SIP_PARSE_REQUEST_LINE', detail: safeForLog(line) }
  }
  const request = createRequest(method, uri, head.headers, body, version)
  const missing = ROUTABLE.find(name => request.header(name) === undefined)
  if (missing !== undefined) return fail(new SipParseError('SIP_PARSE_MISSING_HEADER', missing))
  if (problem === undefined) return ok(request)
  // An ACK is never answered (§17.1.1.3).
  return fail(new SipParseError(problem.code, problem.detail, method === 'ACK' ? undefined : request))
}

/** `SIP-Version SP Status-Code SP Reason-Phrase`; the reason may be empty (RFC 4475 §3.1.1.13). */
function readStatusLine(
  line: string,
  headers: readonly HeaderField[],
  body: Uint8Array | undefined,
  problem: Problem | undefined,
): Result<SipMessage, SipParseError> {
  if (problem !== undefined) return fail(new SipParseError(problem.code, problem.detail))
  const space = line.indexOf(' ')
  const version = line.slice(0, Math.max(space, 0))
  if (version.toUpperCase() !== 'SIP/2.0') return fail(refused('SIP_PARSE_STATUS_LINE', line))
  const status = parseInteger(line.slice(space + 1, space + 4), 699)
  const after = line.charCodeAt(space + 4)
  if (status === undefined || status < 100 || (after !== 0x20 && line.length !== space + 4)) {
    return fail(refused('SIP_PARSE_STATUS_LINE', line))
  }
  return ok(createResponse(status, line.slice(space + 5), headers, body))
}

function refused(code: MessageErrorCode, text: string): SipParseError {
  return new SipParseError(code, safeForLog(text))
}

function readBody(headers: readonly HeaderField[], available: Uint8Array, limits: MessageLimits): Uint8Array | Problem {
  let length: number | undefined
  for (const { name, value } of headers) {
    if (name !== 'Content-Length') continue
    const declared = parseInteger(value, Number.MAX_SAFE_INTEGER)
    if (declared === undefined) return { code: 'SIP_PARSE_CONTENT_LENGTH', detail: safeForLog(value, 40) }
    if (length !== undefined && declared !== length) {
      return { code: 'SIP_PARSE_CONTENT_LENGTH_CONFLICT', detail: `${length} and ${declared}` }
    }
    length = declared
  }
  if (length !== undefined && length > available.length) {
    return { code: 'SIP_PARSE_BODY_TRUNCATED', detail: `${available.length} octets of ${length}` }
  }
  const body = length === undefined || length === available.length ? available : available.subarray(0, length)
  if (body.length > limits.maximumBodyLength)
    return { code: 'SIP_PARSE_BODY_TOO_LONG', detail: `${body.length} octets` }
  return owned(body)
}

/** A transaction keeps its request for 32 s, and a slice would keep the whole 64 kB that the socket was read into. */
function owned(body: Uint8Array): Uint8Array {
  if (body.length === 0) return NO_BODY
  return body.buffer.byteLength > LARGEST_SURPLUS * body.length ? Buffer.from(body) : body
}
