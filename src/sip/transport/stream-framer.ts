/** Cuts a byte stream into SIP messages and RFC 5626 keep-alives (RFC 3261 §18.3, RFC 5626 §4.4.1). Pure. */
import type { MessageLimits } from '../message/types.ts'

/** Why a stream cannot be cut any further. `status` is the response that says so, where one can be sent. */
export interface FramingError {
  readonly code: FramingErrorCode
  readonly status: 400 | 413 | 513
  readonly detail: string
  /** What was read of the message: its start line and header section, or as much as came. */
  readonly head: Buffer
}

export type FramingErrorCode =
  /** 400: an octet that begins no start line. */
  | 'SIP_FRAME_GARBAGE'
  /** 400: a CR or LF that is not part of CRLF. */
  | 'SIP_FRAME_LINE_END'
  /** 513: no end of the header section within the limit. */
  | 'SIP_FRAME_HEAD_TOO_LONG'
  /** 400: on a stream every message needs a Content-Length (RFC 3261 §18.3). */
  | 'SIP_FRAME_CONTENT_LENGTH_MISSING'
  /** 400: more than one Content-Length. */
  | 'SIP_FRAME_CONTENT_LENGTH_REPEATED'
  /** 400: a Content-Length that is no number of at most nine digits. */
  | 'SIP_FRAME_CONTENT_LENGTH_INVALID'
  /** 413: the body or the message is above the limit. */
  | 'SIP_FRAME_TOO_LARGE'

/** Where the pieces go. `onFrame` answers whether to go on: false ends the framing (the flow was closed). */
export interface FrameSink {
  onFrame(bytes: Buffer): boolean
  /** CRLFCRLF between messages; the answer is CRLF. */
  onPing(): void
  /** Called once; every later octet is ignored. */
  onFramingError(error: FramingError): void
}

const CR = 13
const LF = 10
const COLON = 58
const EMPTY = Buffer.alloc(0)
/** Octets first reserved for a message that came in pieces; doubled as it grows. */
const FIRST_STORE = 2048

/**
 * One framer for each connection. Keeps at most one incomplete message: `maximumMessageLength` octets. Scans each octet
 * of a header section once, however small the pieces.
 */
export class StreamFramer {
  readonly #sink: FrameSink
  readonly #limits: MessageLimits
  /** Octets of the incomplete message, `#length` of them used. */
  #store: Buffer = EMPTY
  #length = 0
  /** Offset from the message's start up to which its head was scanned. */
  #scanned = 0
  /** Offset of the line being scanned. */
  #lineStart = 0
  #bareLineEnd = false
  /** Length of the whole message once its head is known, else 0. */
  #total = 0
  /** How much of CRLFCRLF was seen between messages: 0-3. */
  #blank = 0
  #dead = false

  constructor(sink: FrameSink, limits: MessageLimits) {
    this.#sink = sink
    this.#limits = limits
  }

  /** True while a message has begun and is not whole. */
  get partial(): boolean {
    return this.#length > 0 || this.#blank % 2 === 1
  }

  /** Octets held. */
  get held(): number {
    return this.#store.length
  }

  /** Ends the framing: later octets are ignored and what was held is let go. */
  stop(): void {
    this.#dead = true
    this.#store = EMPTY
    this.#length = 0
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0 && !this.#dead) {
      if (this.#length === 0) {
        rest = this.#skipBlank(rest)
        if (rest.length === 0 || this.#dead) return
      }
      rest = this.#length === 0 ? this.#fromChunk(rest) : this.#fromStore(rest)
    }
  }

  /** Empty lines before a start line are ignored (§7.5); two in a row are a ping (RFC 5626 §4.4.1). */
  #skipBlank(chunk: Buffer): Buffer {
    let at = 0
    while (at < chunk.length) {
      const byte = chunk[at]!
      if (byte !== (this.#blank % 2 === 0 ? CR : LF)) break
      at++
      this.#blank++
      if (this.#blank === 4) {
        this.#blank = 0
        this.#sink.onPing()
        if (this.#dead) return EMPTY
      }
    }
    if (at === chunk.length) return EMPTY
    const byte = chunk[at]!
    if (this.#blank % 2 === 1 || byte === LF) {
      this.#fail('SIP_FRAME_LINE_END', 400, 'a line between messages does not end in CRLF', EMPTY)
      return EMPTY
    }
    this.#blank = 0
    if (!isTokenByte(byte)) {
      this.#fail('SIP_FRAME_GARBAGE', 400, `octet ${byte} where a start line must begin`, EMPTY)
      return EMPTY
    }
    return at === 0 ? chunk : chunk.subarray(at)
  }

  /** The message begins in this chunk: no copy is made where it also ends in it. */
  #fromChunk(chunk: Buffer): Buffer {
    if (!this.#advance(chunk, chunk.length)) return EMPTY
    if (this.#total > 0 && chunk.length >= this.#total) {
      const total = this.#total
      this.#reset()
      return this.#emit(total === chunk.length ? chunk : chunk.subarray(0, total)) ? chunk.subarray(total) : EMPTY
    }
    this.#append(chunk)
    return EMPTY
  }

  #fromStore(chunk: Buffer): Buffer {
    const room = (this.#total > 0 ? this.#total : this.#limits.maximumMessageLength) - this.#length
    const taken = Math.min(Math.max(room, 1), chunk.length)
    const before = this.#length
    this.#append(taken === chunk.length ? chunk : chunk.subarray(0, taken))
    if (!this.#advance(this.#store, this.#length)) return EMPTY
    if (this.#total === 0 || this.#length < this.#total) return chunk.subarray(taken)
    const total = this.#total
    const whole = this.#store.subarray(0, total)
    this.#store = EMPTY
    this.#reset()
    return this.#emit(whole) ? chunk.subarray(total - before) : EMPTY
  }

  #emit(bytes: Buffer): boolean {
    if (!this.#sink.onFrame(bytes)) this.stop()
    return !this.#dead
  }

  #reset(): void {
    this.#length = 0
    this.#scanned = 0
    this.#lineStart = 0
    this.#total = 0
  }

  #append(bytes: Buffer): void {
    const needed = this.#length + bytes.length
    if (needed > this.#store.length) {
      const most = this.#total > 0 ? this.#total : this.#limits.maximumMessageLength
      const size = Math.max(FIRST_STORE, this.#store.length * 2)
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(size, most)))
      this.#store.copy(larger, 0, 0, this.#length)
      this.#store = larger
    }
    bytes.copy(this.#store, this.#length)
    this.#length = needed
  }

  /** Scans on for the end of the head. False once the framing has failed. */
  #advance(bytes: Buffer, length: number): boolean {
    if (this.#total > 0) return true
    const { maximumMessageLength } = this.#limits
    if (this.#scanHead(bytes, Math.min(length, maximumMessageLength))) return this.#measure(bytes)
    if (length < maximumMessageLength) return true
    const head = bytes.subarray(0, maximumMessageLength)
    this.#fail('SIP_FRAME_HEAD_TOO_LONG', 513, `no end of the header section in ${head.length} octets`, head)
    return false
  }

  /**
   * True, with `#scanned` after the empty line, when the head is complete. CR and LF may occur only as CRLF (§7, §25.1);
   * where they do not, the head is still read to its end, so that the refusal can name the request.
   */
  #scanHead(bytes: Buffer, end: number): boolean {
    let at = this.#scanned
    let lineStart = this.#lineStart
    let complete = false
    for (; at < end && !complete; at++) {
      const byte = bytes[at]!
      if (byte > CR || (byte !== CR && byte !== LF)) continue
      if (byte === CR) {
        if (at + 1 === end) break
        if (bytes[at + 1] !== LF) this.#bareLineEnd = true
        continue
      }
      const afterCr = at > lineStart && bytes[at - 1] === CR
      if (!afterCr) this.#bareLineEnd = true
      complete = (afterCr ? at - 1 : at) === lineStart
      lineStart = at + 1
    }
    this.#scanned = at
    this.#lineStart = lineStart
    return complete
  }

  /** A message on a stream has exactly one Content-Length (§18.3, §20.14). False once the framing has failed. */
  #measure(bytes: Buffer): boolean {
    const head = bytes.subarray(0, this.#scanned)
    if (this.#bareLineEnd) {
      this.#fail('SIP_FRAME_LINE_END', 400, 'a CR or LF in the header section that is not part of CRLF', head)
      return false
    }
    const found = readContentLength(head)
    if (typeof found !== 'number') {
      this.#fail(found, 400, CONTENT_LENGTH_DETAIL[found], head)
      return false
    }
    const total = this.#scanned + found
    if (found > this.#limits.maximumBodyLength || total > this.#limits.maximumMessageLength) {
      this.#fail('SIP_FRAME_TOO_LARGE', 413, `Content-Length ${found} is above the limit`, head)
      return false
    }
    this.#total = total
    return true
  }

  #fail(code: FramingErrorCode, status: FramingError['status'], detail: string, head: Buffer): void {
    this.stop()
    this.#sink.onFramingError({ code, status, detail, head })
  }
}

type ContentLengthError =
  | 'SIP_FRAME_CONTENT_LENGTH_MISSING'
  | 'SIP_FRAME_CONTENT_LENGTH_REPEATED'
  | 'SIP_FRAME_CONTENT_LENGTH_INVALID'

const CONTENT_LENGTH_DETAIL: Record<ContentLengthError, string> = {
  SIP_FRAME_CONTENT_LENGTH_MISSING: 'a message on a stream has no Content-Length',
  SIP_FRAME_CONTENT_LENGTH_REPEATED: 'more than one Content-Length',
  SIP_FRAME_CONTENT_LENGTH_INVALID: 'Content-Length is not a number of at most nine digits',
}

/** Reads the one Content-Length (or `l`, §7.3.3) of a head that ends in an empty line and has only CRLF line ends. */
function readContentLength(head: Buffer): number | ContentLengthError {
  let length: number | undefined
  let at = head.indexOf(LF) + 1
  while (at > 0 && at < head.length) {
    const first = head[at]! | 0x20
    if (first === 0x63 || first === 0x6c) {
      const value = contentLengthValueStart(head, at)
      if (value > 0) {
        if (length !== undefined) return 'SIP_FRAME_CONTENT_LENGTH_REPEATED'
        length = readDigits(head, value)
        if (length < 0) return 'SIP_FRAME_CONTENT_LENGTH_INVALID'
      }
    }
    while (at < head.length && head[at] !== LF) at++
    at++
  }
  return length ?? 'SIP_FRAME_CONTENT_LENGTH_MISSING'
}

const NAME = Buffer.from('content-length')

/** The offset after the colon when the line at `at` is Content-Length in either form, else -1. */
function contentLengthValueStart(head: Buffer, at: number): number {
  const compact = isBlank(head[at + 1]!) || head[at + 1] === COLON
  let end = at + 1
  if (!compact) {
    for (let i = 0; i < NAME.length; i++) if ((head[at + i]! | 0x20) !== NAME[i]) return -1
    end = at + NAME.length
  } else if ((head[at]! | 0x20) !== 0x6c) return -1
  while (isBlank(head[end]!)) end++
  return head[end] === COLON ? end + 1 : -1
}

/** Digits between white space and folds (§7.3.1) up to the end of the field, or -1. */
function readDigits(head: Buffer, at: number): number {
  let value = 0
  let digits = 0
  at = skipLinearWhiteSpace(head, at)
  for (; digits <= 9; at++) {
    const byte = head[at]! - 48
    if (byte < 0 || byte > 9) break
    value = value * 10 + byte
    digits++
  }
  if (digits === 0 || digits > 9) return -1
  at = skipLinearWhiteSpace(head, at)
  return head[at] === CR ? value : -1
}

function skipLinearWhiteSpace(head: Buffer, at: number): number {
  for (;;) {
    while (isBlank(head[at]!)) at++
    if (head[at] !== CR || !isBlank(head[at + 2]!)) return at
    at += 2
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9
}

/** `token` of RFC 3261 §25.1, the first octet of a method or of `SIP/2.0`. */
function isTokenByte(byte: number): boolean {
  if (byte >= 0x61 && byte <= 0x7a) return true
  if (byte >= 0x41 && byte <= 0x5a) return true
  if (byte >= 0x30 && byte <= 0x39) return true
  return byte < 0x7f && "-.!%*_+`'~".includes(String.fromCharCode(byte))
}
