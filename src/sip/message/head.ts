/** Splits the head of a message into its start line and header fields, in one pass (RFC 3261 §7.3.1). */
import { isToken } from './characters.ts'
import type { MessageErrorCode } from './errors.ts'
import { canonicalName, canonicalNameAt } from './headers.ts'
import { safeForLog } from './text.ts'
import type { HeaderField, MessageLimits } from './types.ts'

export interface Problem {
  readonly code: MessageErrorCode
  readonly detail: string
}

export interface Head {
  readonly startLine: string
  readonly headers: readonly HeaderField[]
  /** The first thing that is wrong; the rest was still read, so that a request can be answered. */
  readonly problem: Problem | undefined
}

/** Anything that may stand in a head only as the second half of a quoted-pair. Tab, CR and LF have rules of their own. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
const UNCLEAN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/g

/** `head` is everything before the empty line, its last CRLF included. */
export function readHead(head: string, limits: MessageLimits): Head {
  const lineEnds = findBareLineEnd(head)
  if (lineEnds !== undefined) {
    const readable = readLines(head.replace(UNCLEAN, ' '), limits)
    return { ...readable, problem: lineEnds }
  }
  const lines = readLines(head, limits)
  if (!CONTROL.test(head)) return lines
  const offence = findControl(lines)
  if (offence === undefined) return lines
  return { ...readLines(head.replace(UNCLEAN, ' '), limits), problem: offence }
}

function findBareLineEnd(head: string): Problem | undefined {
  let from = 0
  while (from < head.length) {
    const cr = head.indexOf('\r', from)
    const lf = head.indexOf('\n', from)
    if (cr === -1 && lf === -1) return undefined
    if (lf !== cr + 1 || cr === -1) {
      const at = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr
      return { code: 'SIP_PARSE_BARE_LINE_END', detail: `at octet ${at} of the head` }
    }
    from = lf + 1
  }
  return undefined
}

function findControl(head: Head): Problem | undefined {
  if (CONTROL.test(head.startLine)) return { code: 'SIP_PARSE_CONTROL_CHARACTER', detail: 'in the start line' }
  for (const { name, value } of head.headers) {
    if (CONTROL.test(value) && !controlsAreQuoted(value)) {
      return { code: 'SIP_PARSE_CONTROL_CHARACTER', detail: `in ${safeForLog(name, 40)}` }
    }
  }
  return undefined
}

/** `quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F)` (§25.1): inside quotes, after a backslash. */
function controlsAreQuoted(value: string): boolean {
  let quoted = false
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0x22) quoted = !quoted
    else if (code === 0x5c && quoted) i++
    else if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false
  }
  return true
}

function readLines(head: string, limits: MessageLimits): Head {
  const startEnd = head.indexOf('\r\n')
  const startLine = head.slice(0, startEnd)
  const headers: HeaderField[] = []
  let problem: Problem | undefined
  if (startEnd > limits.maximumLineLength) problem = { code: 'SIP_PARSE_LINE_TOO_LONG', detail: 'start line' }
  let at = startEnd + 2
  while (at < head.length) {
    let end = head.indexOf('\r\n', at)
    let folded = false
    while (isSpace(head.charCodeAt(end + 2))) {
      folded = true
      end = head.indexOf('\r\n', end + 2)
    }
    if (headers.length >= limits.maximumHeaderCount) {
      problem ??= { code: 'SIP_PARSE_TOO_MANY_HEADERS', detail: `more than ${limits.maximumHeaderCount}` }
      break
    }
    if (end - at > limits.maximumLineLength) {
      problem ??= { code: 'SIP_PARSE_LINE_TOO_LONG', detail: safeForLog(head.slice(at, at + 24)) }
    } else {
      const field = readField(head, at, end, folded)
      if (field !== undefined) headers.push(field)
      else problem ??= { code: 'SIP_PARSE_HEADER', detail: safeForLog(head.slice(at, end), 60) }
    }
    at = end + 2
  }
  return { startLine, headers, problem }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function readField(head: string, start: number, end: number, folded: boolean): HeaderField | undefined {
  const colon = head.indexOf(':', start)
  if (colon === -1 || colon >= end) return undefined
  let nameEnd = colon
  while (nameEnd > start && isSpace(head.charCodeAt(nameEnd - 1))) nameEnd--
  const name = canonicalNameAt(head, start, nameEnd) ?? otherName(head.slice(start, nameEnd))
  if (name === undefined) return undefined
  let from = colon + 1
  if (folded) return { name, value: unfold(head.slice(from, end)) }
  while (from < end && isSpace(head.charCodeAt(from))) from++
  let to = end
  while (to > from && isSpace(head.charCodeAt(to - 1))) to--
  return { name, value: head.slice(from, to) }
}

/** In another spelling, or one that we do not know; undefined when it is no token. */
function otherName(sent: string): string | undefined {
  const name = canonicalName(sent)
  return name === sent && !isToken(sent) ? undefined : name
}

/** A fold is one space (§7.3.1). */
function unfold(value: string): string {
  return value.replace(/\r\n[ \t]+/g, ' ').trim()
}
