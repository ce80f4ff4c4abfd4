/** Ranges of addresses and their countries, or autonomous systems: from the lines of a table to sorted arrays, and the search in them. */
import { fail, ok, type Result } from '../base/result.ts'

/** Two letters in 16 bits; 0 where nothing is known. */
export type CountryCode = number

/** What the last column of a table says. A system is its number, and what follows it in the line is not read. */
export type Kind = 'country' | 'system'
/** Countries, or numbers of systems; 0 where nothing is known. */
type Values = Uint16Array | Uint32Array

export interface RangesIPv4 {
  readonly first: Uint32Array
  readonly last: Uint32Array
  readonly value: Values
}

/** Of networks, /64 and larger: what is finer is nobody's country. */
export interface RangesIPv6 {
  readonly firstHigh: Uint32Array
  readonly firstLow: Uint32Array
  readonly lastHigh: Uint32Array
  readonly lastLow: Uint32Array
  readonly value: Values
}

/** Ten times what the world has today. */
const MAXIMUM_RANGES = 2_000_000
/** Systems announce networks within those of others, and the table has a few such lines: what is told first counts. */
const MOST_MENDED = 100
/** `EU` and `AP` are regions, `ZZ` is nobody. */
const NO_COUNTRY = new Set(['EU', 'AP', 'ZZ'].map(codeOf))

/** `16777216,16777471,AU`: first, last, country; ascending, without overlaps. */
export function parseRangesIPv4(bytes: Uint8Array, kind: Kind = 'country'): Result<RangesIPv4, string> {
  const lines = countLines(bytes)
  if (lines > MAXIMUM_RANGES) return fail('it has too many lines')
  const ranges = { first: new Uint32Array(lines), last: new Uint32Array(lines), value: valuesOf(kind, lines) }
  const reader = createReader(bytes)
  let count = 0
  let mended = 0
  let previous = -1
  for (let line = 1; !reader.atEnd(); line++) {
    const start = reader.decimal()
    const last = reader.decimal()
    const value = reader.value(kind)
    if (start === undefined || last === undefined || value === undefined) return fail(`line ${line} is broken`)
    const overlaps = start <= previous
    if (last < start || (overlaps && (kind === 'country' || ++mended > MOST_MENDED)))
      return fail(`line ${line} is not in order`)
    if (last <= previous) continue
    ranges.first[count] = overlaps ? previous + 1 : start
    ranges.last[count] = last
    ranges.value[count++] = value
    previous = last
  }
  if (count === 0) return fail('it is empty')
  // An empty line at the end leaves room that the search must not see.
  const { first, last, value } = ranges
  return ok({ first: first.subarray(0, count), last: last.subarray(0, count), value: value.subarray(0, count) })
}

/** `2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP`, otherwise the same. */
export function parseRangesIPv6(bytes: Uint8Array, kind: Kind = 'country'): Result<RangesIPv6, string> {
  const lines = countLines(bytes)
  if (lines > MAXIMUM_RANGES) return fail('it has too many lines')
  const words = (): Uint32Array => new Uint32Array(lines)
  const ranges = {
    firstHigh: words(),
    firstLow: words(),
    lastHigh: words(),
    lastLow: words(),
    value: valuesOf(kind, lines),
  }
  const reader = createReader(bytes)
  const first = new Uint32Array(4)
  const last = new Uint32Array(4)
  let count = 0
  for (let line = 1; !reader.atEnd(); line++) {
    const value = reader.hexadecimal(first) && reader.hexadecimal(last) ? reader.value(kind) : undefined
    if (value === undefined) return fail(`line ${line} is broken`)
    if (compare(first[0]!, first[1]!, last[0]!, last[1]!) > 0) return fail(`line ${line} is not in order`)
    if ((first[2]! | first[3]!) !== 0 || (last[2]! & last[3]!) >>> 0 !== 0xffffffff) continue
    const isAfter =
      count === 0 || compare(ranges.lastHigh[count - 1]!, ranges.lastLow[count - 1]!, first[0]!, first[1]!) < 0
    if (!isAfter) return fail(`line ${line} is not in order`)
    ranges.firstHigh[count] = first[0]!
    ranges.firstLow[count] = first[1]!
    ranges.lastHigh[count] = last[0]!
    ranges.lastLow[count] = last[1]!
    ranges.value[count++] = value
  }
  if (count === 0) return fail('it is empty')
  return ok({
    firstHigh: ranges.firstHigh.subarray(0, count),
    firstLow: ranges.firstLow.subarray(0, count),
    lastHigh: ranges.lastHigh.subarray(0, count),
    lastLow: ranges.lastLow.subarray(0, count),
    value: ranges.value.subarray(0, count),
  })
}

export function findIPv4({ first, last, value }: RangesIPv4, address: number): number {
  const index = lastWhere(first.length, at => first[at]! <= address)
  return index >= 0 && address <= last[index]! ? value[index]! : 0
}

export function findIPv6(ranges: RangesIPv6, high: number, low: number): number {
  const { firstHigh, firstLow, lastHigh, lastLow, value } = ranges
  const index = lastWhere(value.length, at => compare(firstHigh[at]!, firstLow[at]!, high, low) <= 0)
  return index >= 0 && compare(high, low, lastHigh[index]!, lastLow[index]!) <= 0 ? value[index]! : 0
}

/** ISO 3166-1 alpha-2; undefined for 0. */
export function countryOfCode(code: CountryCode): string | undefined {
  return code === 0 ? undefined : String.fromCharCode(code >> 8, code & 0xff)
}

function codeOf(letters: string): CountryCode {
  return (letters.charCodeAt(0) << 8) | letters.charCodeAt(1)
}

function compare(high: number, low: number, otherHigh: number, otherLow: number): number {
  return high === otherHigh ? low - otherLow : high - otherHigh
}

/** The last index for which it holds, where it holds for none after the first that it does not hold for; -1: for none. */
function lastWhere(length: number, holds: (index: number) => boolean): number {
  let from = 0
  let to = length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (holds(middle)) from = middle + 1
    else to = middle
  }
  return from - 1
}

const NEWLINE = 10
const RETURN = 13
const COMMA = 44
const COLON = 58

function valuesOf(kind: Kind, count: number): Values {
  return kind === 'country' ? new Uint16Array(count) : new Uint32Array(count)
}

function countLines(bytes: Uint8Array): number {
  let lines = 1
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++
  return lines
}

interface Reader {
  atEnd(): boolean
  /** Up to the next comma; undefined: not a number of 32 bits. */
  decimal(): number | undefined
  /** Up to the next comma, an IPv6 address into four words; false: it is none. */
  hexadecimal(into: Uint32Array): boolean
  /** Two letters up to the end of the line; or a number of 32 bits, and anything up to the end of the line. */
  value(kind: Kind): number | undefined
}

/** Byte by byte: twenty times as fast as strings, and nothing is left to collect. */
function createReader(bytes: Uint8Array): Reader {
  const groups = new Uint16Array(8)
  let at = 0

  function country(): CountryCode | undefined {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]]
    if (first < 65 || first > 90 || second < 65 || second > 90) return undefined
    at += 2
    if (bytes[at] === RETURN) at++
    if (at < bytes.length && bytes[at] !== NEWLINE) return undefined
    at++
    const code = (first << 8) | second
    return NO_COUNTRY.has(code) ? 0 : code
  }

  function system(): number | undefined {
    const start = at
    let value = 0
    for (let digit = bytes[at]! - 48; digit >= 0 && digit <= 9; digit = bytes[at]! - 48) {
      value = value * 10 + digit
      if (value > 0xffffffff) return undefined
      at++
    }
    if (at === start || (at < bytes.length && !isOneOf(bytes[at]!, COMMA, RETURN, NEWLINE))) return undefined
    const end = bytes.indexOf(NEWLINE, at)
    at = end < 0 ? bytes.length : end + 1
    return value
  }

  return {
    atEnd: () => at >= bytes.length,
    decimal() {
      const start = at
      let value = 0
      for (; bytes[at] !== COMMA; at++) {
        const digit = bytes[at]! - 48
        if (!(digit >= 0 && digit <= 9)) return undefined
        value = value * 10 + digit
        if (value > 0xffffffff) return undefined
      }
      return at++ === start ? undefined : value
    },
    hexadecimal(into) {
      const end = bytes.indexOf(COMMA, at)
      if (end < 0 || end - at > 39) return false
      const isAddress = readGroups(bytes, at, end, groups)
      at = end + 1
      for (let word = 0; word < 4; word++) into[word] = groups[2 * word]! * 0x10000 + groups[2 * word + 1]!
      return isAddress
    },
    value: kind => (kind === 'country' ? country() : system()),
  }
}

function isOneOf(byte: number, ...bytes: readonly number[]): boolean {
  return bytes.includes(byte)
}

/** RFC 4291 §2.2, without a dotted end. */
function readGroups(bytes: Uint8Array, start: number, end: number, groups: Uint16Array): boolean {
  groups.fill(0)
  let count = 0
  let gap = -1
  for (let at = start; at < end; ) {
    if (bytes[at] === COLON && bytes[at + 1] === COLON) {
      if (gap >= 0) return false
      gap = count
      at += 2
      continue
    }
    // One colon stands between two groups only.
    if (bytes[at] === COLON && (count === 0 || gap === count || ++at >= end)) return false
    let value = 0
    const from = at
    for (; at < end && bytes[at] !== COLON; at++) {
      const digit = hexDigit(bytes[at]!)
      if (digit < 0 || at - from >= 4) return false
      value = value * 16 + digit
    }
    if (at === from || count >= 8) return false
    groups[count++] = value
  }
  if (gap < 0) return count === 8
  if (count >= 8) return false
  groups.copyWithin(8 - (count - gap), gap, count)
  groups.fill(0, gap, 8 - (count - gap))
  return true
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  if (byte >= 97 && byte <= 102) return byte - 87
  return byte >= 65 && byte <= 70 ? byte - 55 : -1
}
