/** Character classes of RFC 3261 §25.1 as one table, and the scanners that every grammar here is made of. */

export const TOKEN = 1
export const HOST = 2
/** user: unreserved and user-unreserved. */
export const USER = 4
export const PASSWORD = 8
/** URI parameter: param-unreserved and unreserved. */
export const URI_PARAMETER = 16
/** URI header: hnv-unreserved, unreserved, and the `=` and `&` between them. */
export const URI_HEADER = 32
/** A header parameter's unquoted value: token or host. */
export const VALUE = 64
/** What an opaque URI may hold (RFC 3986 §2). */
export const OPAQUE = 128

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const MARK = "-_.!~*'()"
const CLASSES = new Uint8Array(256)

function allow(bit: number, characters: string): void {
  for (let i = 0; i < characters.length; i++) CLASSES[characters.charCodeAt(i)]! |= bit
}
allow(TOKEN, `${ALPHANUMERIC}-.!%*_+\`'~`)
// Deviation: `_` in host names, which §25.1 lacks, is common in container and service names.
allow(HOST, `${ALPHANUMERIC}-._`)
allow(USER, `${ALPHANUMERIC}${MARK}&=+$,;?/`)
allow(PASSWORD, `${ALPHANUMERIC}${MARK}&=+$,`)
allow(URI_PARAMETER, `${ALPHANUMERIC}${MARK}[]/:&+$`)
allow(URI_HEADER, `${ALPHANUMERIC}${MARK}[]/?:+$=&`)
allow(VALUE, `${ALPHANUMERIC}-.!%*_+\`'~[]:`)
allow(OPAQUE, `${ALPHANUMERIC}${MARK}%;/?:@&=+$,[]#`)

/** Index of the first character from `start` on that is not of the class; at most `end`. */
export function scan(text: string, start: number, end: number, kind: number): number {
  let i = start
  while (i < end && (CLASSES[text.charCodeAt(i)]! & kind) !== 0) i++
  return i
}

export function isAll(text: string, kind: number): boolean {
  return text.length > 0 && scan(text, 0, text.length, kind) === text.length
}

export function isToken(text: string): boolean {
  return isAll(text, TOKEN)
}

/** Index of the first character from `start` on that is neither space nor tab. */
export function skipSpace(text: string, start: number): number {
  let i = start
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== 0x20 && code !== 0x09) break
  }
  return i
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** `text[start, end)` with `%xx` escapes removed, or undefined where a character is not of the class or an escape is broken. */
export function unescapeRange(text: string, start: number, end: number, kind: number): string | undefined {
  let i = scan(text, start, end, kind)
  if (i === end) return text.slice(start, end)
  let result = text.slice(start, i)
  while (i < end) {
    if (text.charCodeAt(i) !== 0x25 || i + 2 >= end) return undefined
    const high = hexValue(text.charCodeAt(i + 1))
    const low = hexValue(text.charCodeAt(i + 2))
    if (high < 0 || low < 0) return undefined
    const from = i + 3
    i = scan(text, from, end, kind)
    result += String.fromCharCode(high * 16 + low) + text.slice(from, i)
  }
  return result
}

const HEX = '0123456789ABCDEF'

/** The byte string with everything outside the class escaped as `%XX`. */
export function escapeText(text: string, kind: number): string {
  if (scan(text, 0, text.length, kind) === text.length) return text
  let result = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i) & 0xff
    result += (CLASSES[code]! & kind) !== 0 ? text[i] : `%${HEX[code >> 4]}${HEX[code & 15]}`
  }
  return result
}

/** A non-negative decimal of at most `maximum`, or undefined. Never more work than the text is long. */
export function parseInteger(text: string, maximum: number): number | undefined {
  if (text.length === 0) return undefined
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
    if (value > maximum) return undefined
  }
  return value
}

/** Index after the closing quote of the quoted string that opens at `start`, or -1 (§25.1 quoted-string). */
export function endOfQuoted(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) return i + 1
    if (code === 0x5c) i++
  }
  return -1
}

/** The content of the quoted string `text[start, end)` (quotes included in the range), without its quoted-pairs. */
export function unquoteRange(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  if (!inner.includes('\\')) return inner
  let result = ''
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === 0x5c) i++
    result += inner[i] ?? ''
  }
  return result
}

/** Eight groups of up to four hexadecimal digits, one `::`, an IPv4 tail (RFC 5954 §4.1; a zone is not allowed). */
export function isIpv6Address(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (let h = 0; h < halves.length; h++) {
    const half = halves[h]!
    if (half === '') continue
    const parts = half.split(':')
    for (let p = 0; p < parts.length; p++) {
      const last = h === halves.length - 1 && p === parts.length - 1
      const size = groupSize(parts[p]!, last)
      if (size === 0) return false
      groups += size
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8
}

function groupSize(part: string, last: boolean): 0 | 1 | 2 {
  if (last && part.includes('.')) return isIpv4Address(part) ? 2 : 0
  if (part.length < 1 || part.length > 4) return 0
  for (let i = 0; i < part.length; i++) if (hexValue(part.charCodeAt(i)) < 0) return 0
  return 1
}

export function isIpv4Address(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every(part => part.length <= 3 && parseInteger(part, 255) !== undefined)
}

/** RFC 5118 §4.10: the grammar of RFC 3261 wrote `:::` before an embedded IPv4 address, and both forms are to be tolerated. */
function tolerateThirdColon(host: string): string {
  return host.includes('.') ? host.replace(':::', '::') : host
}

/** Host and port read from `text` at `start` (§25.1 hostport). */
export interface HostPort {
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly end: number
}

/** Reads `host [":" port]`; `spaces` allows them around the colon, as Via does. Undefined when malformed. */
export function readHostPort(text: string, start: number, limit: number, spaces: boolean): HostPort | undefined {
  let end: number
  let host: string
  if (text.charCodeAt(start) === 0x5b) {
    const close = text.indexOf(']', start)
    if (close === -1 || close >= limit) return undefined
    host = tolerateThirdColon(text.slice(start + 1, close))
    if (!isIpv6Address(host)) return undefined
    end = close + 1
  } else {
    end = scan(text, start, limit, HOST)
    if (end === start || end - start > 255) return undefined
    host = text.slice(start, end)
  }
  host = host.toLowerCase()
  const colon = spaces ? Math.min(skipSpace(text, end), limit) : end
  if (colon >= limit || text.charCodeAt(colon) !== 0x3a) return { host, port: undefined, end }
  const from = spaces ? skipSpace(text, colon + 1) : colon + 1
  let to = from
  while (to < limit && to - from <= 5 && text.charCodeAt(to) >= 0x30 && text.charCodeAt(to) <= 0x39) to++
  const port = parseInteger(text.slice(from, to), 65_535)
  return port === undefined || port === 0 ? undefined : { host, port, end: to }
}

/** A host as it is written in a URI or a Via: IPv6 in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
