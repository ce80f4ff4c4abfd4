/** Addresses as numbers, read out of a longer text without cutting it: where millions are read, or one for each datagram. */

const DOT = 46
const COLON = 58

/** The 32 bits of `192.0.2.1`; -1 for anything else, numbers with leading zeros among it. */
export function ipv4Word(text: string, from = 0, to = text.length): number {
  let value = 0
  let at = from
  for (let octet = 0; octet < 4; octet++) {
    const start = at
    let number = 0
    for (; at < to; at++) {
      const digit = text.charCodeAt(at) - 48
      if (digit < 0 || digit > 9) break
      number = number * 10 + digit
      if (at - start > 2) return -1
    }
    const length = at - start
    if (length === 0 || number > 255 || (length > 1 && text.charCodeAt(start) === 48)) return -1
    value = value * 256 + number
    if (octet < 3 && text.charCodeAt(at++) !== DOT) return -1
  }
  return at === to ? value : -1
}

/** The 128 bits of an address in the forms of RFC 4291 §2.2 into four words; false: it is none. No zone. */
export function ipv6Words(text: string, into: Uint32Array, from = 0, to = text.length): boolean {
  into.fill(0)
  if (to - from < 2 || to - from > 45) return false
  let count = 0
  let gap = -1
  let at = from
  while (at < to) {
    if (text.charCodeAt(at) === COLON && text.charCodeAt(at + 1) === COLON && at + 1 < to) {
      if (gap >= 0) return false
      gap = count
      at += 2
      continue
    }
    // One colon stands between two groups only.
    if (text.charCodeAt(at) === COLON && (count === 0 || gap === count || ++at >= to)) return false
    let end = at
    let value = 0
    for (; end < to; end++) {
      const digit = hexDigit(text.charCodeAt(end))
      if (digit < 0) break
      value = value * 16 + digit
      if (end - at >= 4) return false
    }
    if (end === at || count >= 8) return false
    if (end < to && text.charCodeAt(end) === DOT) {
      const tail = count > 6 ? -1 : ipv4Word(text, at, to)
      if (tail < 0) return false
      setGroup(into, count++, tail >>> 16)
      setGroup(into, count++, tail & 0xffff)
      break
    }
    if (end < to && text.charCodeAt(end) !== COLON) return false
    setGroup(into, count++, value)
    at = end
  }
  if (gap < 0) return count === 8
  if (count >= 8) return false
  moveBehindGap(into, count, gap)
  return true
}

/** In the shortest form of RFC 5952, of the upper 64 bits of an address whose lower ones are 0. */
export function textOfIPv6(high: number, low: number): string {
  const first = high === 0 && low === 0 ? '' : (high >>> 16).toString(16)
  const second = (high & 0xffff) === 0 && low === 0 ? '' : `:${(high & 0xffff).toString(16)}`
  const third = low === 0 ? '' : `:${(low >>> 16).toString(16)}`
  const fourth = (low & 0xffff) === 0 ? '' : `:${(low & 0xffff).toString(16)}`
  return `${first}${second}${third}${fourth}::`
}

export function textOfIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

function setGroup(words: Uint32Array, group: number, value: number): void {
  const word = group >> 1
  words[word] = group % 2 === 0 ? (words[word]! & 0xffff) | (value << 16) : (words[word]! & 0xffff0000) | value
}

function groupOf(words: Uint32Array, group: number): number {
  return group % 2 === 0 ? words[group >> 1]! >>> 16 : words[group >> 1]! & 0xffff
}

function moveBehindGap(words: Uint32Array, count: number, gap: number): void {
  for (let moved = 1; moved <= count - gap; moved++) {
    setGroup(words, 8 - moved, groupOf(words, count - moved))
    setGroup(words, count - moved, 0)
  }
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  return code >= 65 && code <= 70 ? code - 55 : -1
}
