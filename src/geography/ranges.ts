/** Ranges of addresses and their countries: from the lines of a table to sorted arrays, and the search in them. */
import { fail, ok, type Result } from '../base/result.ts'

/** Two letters in 16 bits; 0 where nothing is known. */
export type CountryCode = number

export interface RangesIPv4 {
  readonly first: Uint32Array
  readonly last: Uint32Array
  readonly country: Uint16Array
}

/** Of networks, /64 and larger: what is finer is nobody's country. */
export interface RangesIPv6 {
  readonly firstHigh: Uint32Array
  readonly firstLow: Uint32Array
  readonly lastHigh: Uint32Array
  readonly lastLow: Uint32Array
  readonly country: Uint16Array
}

/** Ten times what the world has today. */
const MAXIMUM_RANGES = 2_000_000
/** `EU` and `AP` are regions, `ZZ` is nobody. */
const NO_COUNTRY = new Set(['EU', 'AP', 'ZZ'].map(codeOf))

/** `16777216,16777471,AU`: first, last, country; ascending, without overlaps. */
export function parseRangesIPv4(bytes: Uint8Array): Result<RangesIPv4, string> {
  const lines = countLines(bytes)
  if (lines > MAXIMUM_RANGES) return fail('it has too many lines')
  const ranges = { first: new Uint32Array(lines), last: new Uint32Array(lines), country: new Uint16Array(lines) }
  const reader = createReader(bytes)
  let count = 0
  for (let previous = -1; !reader.atEnd(); count++) {
    const first = reader.decimal()
    const last = reader.decimal()
    const country = reader.country()
    if (first === undefined || last === undefined || country === undefined) return fail(`line ${count + 1} is broken`)
    if (first <= previous || last < first) return fail(`line ${count + 1} is not in order`)
    ranges.first[count] = first
    ranges.last[count] = last
    ranges.country[count] = country
    previous = last
  }
  if (count === 0) return fail('it is empty')
  // An empty line at the end leaves room that the search must not see.
  const { first, last, country } = ranges
  return ok({ first: first.subarray(0, count), last: last.subarray(0, count), country: country.subarray(0, count) })
}

/** `2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP`, otherwise the same. */
export function parseRangesIPv6(bytes: Uint8Array): Result<RangesIPv6, string> {
  const lines = countLines(bytes)
  if (lines > MAXIMUM_RANGES) return fail('it has too many lines')
  const words = (): Uint32Array => new Uint32Array(lines)
  const ranges = {
    firstHigh: words(),
    firstLow: words(),
    lastHigh: words(),
    lastLow: words(),
    country: new Uint16Array(lines),
  }
  const reader = createReader(bytes)
  const first = new Uint32Array(4)
  const last = new Uint32Array(4)
  let count = 0
  for (let line = 1; !reader.atEnd(); line++) {
    const country = reader.hexadecimal(first) && reader.hexadecimal(last) ? reader.country() : undefined
    if (country === undefined) return fail(`line ${line} is broken`)
    if (compare(first[0]!, first[1]!, last[0]!, last[1]!) > 0) return fail(`line ${line} is not in order`)
    if ((first[2]! | first[3]!) !== 0 || (last[2]! & last[3]!) >>> 0 !== 0xffffffff) continue
    const isAfter =
      count === 0 || compare(ranges.lastHigh[count - 1]!, ranges.lastLow[count - 1]!, first[0]!, first[1]!) < 0
    if (!isAfter) return fail(`line ${line} is not in order`)
    ranges.firstHigh[count] = first[0]!
    ranges.firstLow[count] = first[1]!
    ranges.lastHigh[count] = last[0]!
    ranges.lastLow[count] = last[1]!
    ranges.country[count++] = country
  }
  if (count === 0) return fail('it is empty')
  return ok({
    firstHigh: ranges.firstHigh.subarray(0, count),
    firstLow: ranges.firstLow.subarray(0, count),
    lastHigh: ranges.lastHigh.subarray(0, count),
    lastLow: ranges.lastLow.subarray(0, count),
    country: ranges.country.subarray(0, count),
  })
}

export function findIPv4({ first, last, country }: RangesIPv4, value: number): CountryCode {
  const index = lastWhere(first.length, at => first[at]! <= value)
  return index >= 0 && value <= last[index]! ? country[index]! : 0
}

export function findIPv6(ranges: RangesIPv6, high: number, low: number): CountryCode {
  const { firstHigh, firstLow, lastHigh, lastLow, country } = ranges
  const index = lastWhere(country.length, at => compare(firstHigh[at]!, firstLow[at]!, high, low) <= 0)
  return index >= 0 && compare(high, low, lastHigh[index]!, lastLow[index]!) <= 0 ? country[index]! : 0
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
  /** Two letters up to the end of the line. */
  country(): CountryCode | undefined
}

/** Byte by byte: twenty times as fast as strings, and nothing is left to collect. */
function createReader(bytes: Uint8Array): Reader {
  const groups = new Uint16Array(8)
  let at = 0
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
    country() {
      const [first = 0, second = 0] = [bytes[at], bytes[at + 1]]
      if (first < 65 || first > 90 || second < 65 || second > 90) return undefined
      at += 2
      if (bytes[at] === RETURN) at++
      if (at < bytes.length && bytes[at] !== NEWLINE) return undefined
      at++
      const code = (first << 8) | second
      return NO_COUNTRY.has(code) ? 0 : code
    },
  }
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
