/** Networks as sorted numbers, and the narrowest that contains an address: nine octets for a network of IPv4, thirteen of IPv6. */
import { ipv4Word, ipv6Words, textOfIPv4, textOfIPv6 } from '../base/address-words.ts'

/** What is asked about: IPv4 in `high`, or the network part of IPv6. A source is its /64, so what is narrower in a list is that. */
export interface Words {
  family: 4 | 6
  high: number
  low: number
}

export interface NetworkIndex {
  readonly size: number
  /** IPv4 addresses in it, those counted once that are in two of its networks. */
  readonly addresses: number
  /** The narrowest that contains these words; -1: none. */
  find(words: Words): number
  /** One of its networks lies within this one, or around it. */
  touches(words: Words, length: number): boolean
  textOf(found: number): string
  lengthOf(found: number): number
}

export interface NetworkCollector {
  readonly size: number
  /** Bits after `length` do not count. */
  add(words: Words, length: number): void
  finish(): NetworkIndex
}

/** What fits beside 32 bits into the 53 of a number, for sorting without a comparison function. */
export const MAXIMUM_NETWORKS = 1_000_000
const POSITIONS = 2 ** 20
const scratch = new Uint32Array(4)

/** An address as it is written. False: it is none. */
export function readAddress(text: string, words: Words, from = 0, to = text.length): boolean {
  const value = ipv4Word(text, from, to)
  words.family = value >= 0 ? 4 : 6
  words.high = value
  words.low = 0
  if (value >= 0) return true
  if (!ipv6Words(text, scratch, from, to)) return false
  words.high = scratch[0]!
  words.low = scratch[1]!
  return true
}

/** Where a packet comes from. IPv4 in the clothes of IPv6 (mapped, 6to4, NAT64) is IPv4: nobody hides behind a way of writing. */
export function readSource(text: string, words: Words): boolean {
  if (!readAddress(text, words)) return false
  if (words.family === 4) return true
  const [first = 0, second = 0, third = 0, fourth = 0] = scratch
  if (first >>> 16 === 0x2002) asIPv4(words, ((first << 16) | (second >>> 16)) >>> 0)
  else if (second === 0 && ((first === 0 && third === 0xffff) || (first === 0x0064ff9b && third === 0)))
    asIPv4(words, fourth)
  return true
}

function asIPv4(words: Words, value: number): void {
  words.family = 4
  words.high = value
  words.low = 0
}

/** `192.0.2.0/24`, `2001:db8::/32` or one address, between two places of a text. Its length, at most 32 or 64; -1: it is none. */
export function readNetwork(text: string, words: Words, from = 0, to = text.length): number {
  let end = from
  while (end < to && text.charCodeAt(end) !== SLASH) end++
  if (!readAddress(text, words, from, end)) return -1
  const bits = words.family === 4 ? 32 : 128
  const length = end === to ? bits : smallNumber(text, end + 1, to)
  return length < 0 || length > bits ? -1 : Math.min(length, words.family === 4 ? 32 : 64)
}

const SLASH = 47

function smallNumber(text: string, from: number, to: number): number {
  if (to === from || to - from > 3) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

export function createNetworkCollector(): NetworkCollector {
  const ipv4 = new GrowingNetworks()
  const ipv6 = new GrowingNetworks()
  return {
    get size() {
      return ipv4.count + ipv6.count
    },
    add(words, length) {
      const { high, low } = maskedWords(words, length)
      if (words.family === 4) ipv4.push(high, low, length)
      else ipv6.push(high, low, length)
    },
    finish: () => createIndex(sortIPv4(ipv4), sortIPv6(ipv6)),
  }
}

function maskedWords({ family, high, low }: Words, length: number): { high: number; low: number } {
  if (family === 4) return { high: (high & maskOf(length)) >>> 0, low: 0 }
  return { high: (high & maskOf(Math.min(32, length))) >>> 0, low: (low & maskOf(Math.max(0, length - 32))) >>> 0 }
}

class GrowingNetworks {
  count = 0
  high = new Uint32Array(64)
  low = new Uint32Array(64)
  length = new Uint8Array(64)

  push(high: number, low: number, length: number): void {
    if (this.count >= MAXIMUM_NETWORKS) throw new RangeError('more networks than an index has room for')
    if (this.count === this.high.length) {
      const room = Math.min(MAXIMUM_NETWORKS, this.count * 2)
      this.high = grown(this.high, new Uint32Array(room))
      this.low = grown(this.low, new Uint32Array(room))
      this.length = grown(this.length, new Uint8Array(room))
    }
    this.high[this.count] = high
    this.low[this.count] = low
    this.length[this.count++] = length
  }
}

function grown<T extends Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}

interface Sorted {
  readonly count: number
  readonly high: Uint32Array
  readonly low: Uint32Array
  readonly length: Uint8Array
  /** The network around this one; -1: none. */
  readonly parent: Int32Array
}

/** By address, wider ones first, each once. Numbers are sorted by the engine: a hundred times as fast as with a function. */
function sortIPv4({ high, length, count }: GrowingNetworks): Sorted {
  const keys = new Float64Array(count)
  for (let at = 0; at < count; at++) keys[at] = high[at]! * 64 + length[at]!
  keys.sort()
  const sorted = roomFor(count, 0)
  let size = 0
  for (let at = 0; at < count; at++) {
    const key = keys[at]!
    if (at > 0 && key === keys[at - 1]) continue
    sorted.high[size] = Math.floor(key / 64)
    sorted.length[size++] = key % 64
  }
  return withParents(sorted, size, 32)
}

function sortIPv6({ high, low, length, count }: GrowingNetworks): Sorted {
  const keys = new Float64Array(count)
  for (let at = 0; at < count; at++) keys[at] = high[at]! * POSITIONS + at
  keys.sort()
  const sorted = roomFor(count, count)
  let size = 0
  for (let from = 0, to = 0; from < count; from = to) {
    const word = Math.floor(keys[from]! / POSITIONS)
    while (to < count && Math.floor(keys[to]! / POSITIONS) === word) to++
    const group = keys.subarray(from, to)
    for (let at = 0; at < group.length; at++) {
      const position = group[at]! % POSITIONS
      group[at] = low[position]! * 128 + length[position]!
    }
    group.sort()
    for (let at = 0; at < group.length; at++) {
      const key = group[at]!
      if (at > 0 && key === group[at - 1]) continue
      sorted.high[size] = word
      sorted.low[size] = Math.floor(key / 128)
      sorted.length[size++] = key % 128
    }
  }
  return withParents(sorted, size, 64)
}

function roomFor(count: number, countOfLow: number): { high: Uint32Array; low: Uint32Array; length: Uint8Array } {
  return { high: new Uint32Array(count), low: new Uint32Array(countOfLow), length: new Uint8Array(count) }
}

/** Networks lie within each other or apart, so each has at most one chain around it. */
function withParents({ high, low, length }: ReturnType<typeof roomFor>, count: number, bits: 32 | 64): Sorted {
  const parent = new Int32Array(count)
  const sorted = {
    count,
    high: high.slice(0, count),
    low: low.length === 0 ? low : low.slice(0, count),
    length: length.slice(0, count),
    parent,
  }
  for (let at = 0; at < count; at++) {
    let around = at - 1
    while (around >= 0 && !contains(sorted, around, high[at]!, low[at] ?? 0, bits)) around = parent[around]!
    parent[at] = around
  }
  return sorted
}

function contains(
  { high, low, length }: Sorted,
  at: number,
  addressHigh: number,
  addressLow: number,
  bits: 32 | 64,
): boolean {
  const prefix = length[at]!
  if (bits === 32 || prefix <= 32) return ((high[at]! ^ addressHigh) & maskOf(prefix)) === 0
  return high[at] === addressHigh && ((low[at]! ^ addressLow) & maskOf(prefix - 32)) === 0
}

function maskOf(length: number): number {
  return length === 0 ? 0 : 0xffffffff << (32 - length)
}

function createIndex(ipv4: Sorted, ipv6: Sorted): NetworkIndex {
  return {
    size: ipv4.count + ipv6.count,
    addresses: countAddresses(ipv4),
    find({ family, high, low }) {
      if (family === 4) return findIn(ipv4, high, 0, 32)
      const found = findIn(ipv6, high, low, 64)
      return found < 0 ? -1 : found + ipv4.count
    },
    touches(words, length) {
      if (this.find({ ...words, ...maskedWords(words, length) }) >= 0) return true
      return words.family === 4 ? beginsWithin(ipv4, words, length, 32) : beginsWithin(ipv6, words, length, 64)
    },
    textOf(found) {
      if (found < ipv4.count) return `${textOfIPv4(ipv4.high[found]!)}/${ipv4.length[found]}`
      const at = found - ipv4.count
      return `${textOfIPv6(ipv6.high[at]!, ipv6.low[at]!)}/${ipv6.length[at]}`
    },
    lengthOf: found => (found < ipv4.count ? ipv4.length[found]! : ipv6.length[found - ipv4.count]!),
  }
}

function findIn(sorted: Sorted, high: number, low: number, bits: 32 | 64): number {
  let at = bits === 32 ? lastUpTo(sorted.high, sorted.count, high) : lastUpToBoth(sorted, high, low)
  while (at >= 0 && !contains(sorted, at, high, low, bits)) at = sorted.parent[at]!
  return at
}

/** The last that begins before the end of a network begins within it, or none does. */
function beginsWithin(sorted: Sorted, words: Words, length: number, bits: 32 | 64): boolean {
  const { high, low } = maskedWords(words, length)
  const lastHigh = (high | ~maskOf(Math.min(32, length))) >>> 0
  const lastLow = (low | ~maskOf(Math.max(0, length - 32))) >>> 0
  const at = bits === 32 ? lastUpTo(sorted.high, sorted.count, lastHigh) : lastUpToBoth(sorted, lastHigh, lastLow)
  if (at < 0) return false
  return sorted.high[at]! > high || (sorted.high[at] === high && (bits === 32 || sorted.low[at]! >= low))
}

function lastUpTo(high: Uint32Array, count: number, value: number): number {
  let from = 0
  let to = count
  while (from < to) {
    const middle = (from + to) >>> 1
    if (high[middle]! <= value) from = middle + 1
    else to = middle
  }
  return from - 1
}

function lastUpToBoth({ high, low, count }: Sorted, valueHigh: number, valueLow: number): number {
  let from = 0
  let to = count
  while (from < to) {
    const middle = (from + to) >>> 1
    const word = high[middle]!
    if (word < valueHigh || (word === valueHigh && low[middle]! <= valueLow)) from = middle + 1
    else to = middle
  }
  return from - 1
}

function countAddresses({ count, length, parent }: Sorted): number {
  let addresses = 0
  for (let at = 0; at < count; at++) if (parent[at] === -1) addresses += 2 ** (32 - length[at]!)
  return addresses
}
