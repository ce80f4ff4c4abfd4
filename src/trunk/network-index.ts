/** Networks and what belongs to each: the longest that holds an address, found without looking at all of them. */
import { isIP, normaliseAddress } from '../base/network.ts'

interface Family<T> {
  /** By prefix length, longest first, then by the network's bits. */
  readonly lengths: { readonly length: number; readonly networks: Map<string | number, T[]> }[]
}

export class NetworkIndex<T> {
  readonly #four: Family<T> = { lengths: [] }
  readonly #six: Family<T> = { lengths: [] }

  /** `192.0.2.0/24`, `2001:db8::/32` or an address. False when it is neither. */
  add(network: string, value: T): boolean {
    const [text = '', lengthText, ...rest] = network.split('/')
    const address = normaliseAddress(text)
    const kind = isIP(address)
    if (kind === 0 || rest.length > 0) return false
    const bits = kind === 4 ? 32 : 128
    if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return false
    // An IPv4-mapped network (`::ffff:192.0.2.0/120`) is the IPv4 network.
    const mapped = kind === 4 && text !== address ? 96 : 0
    const length = lengthText === undefined ? bits : Number(lengthText) - mapped
    if (length < 0 || length > bits) return false
    const family = kind === 4 ? this.#four : this.#six
    let level = family.lengths.find(each => each.length === length)
    if (level === undefined) {
      level = { length, networks: new Map() }
      family.lengths.push(level)
      family.lengths.sort((a, b) => b.length - a.length)
    }
    const key = kind === 4 ? maskedFour(fourBits(address), length) : maskedSix(sixParts(address), length)
    const values = level.networks.get(key)
    if (values === undefined) level.networks.set(key, [value])
    else values.push(value)
    return true
  }

  /** What belongs to the longest network that holds the address and has anything that `wanted` says yes to. */
  longest(address: string, wanted: (value: T) => boolean = () => true): readonly T[] {
    for (const values of this.#matches(address)) {
      const found = values.filter(wanted)
      if (found.length > 0) return found
    }
    return []
  }

  has(address: string): boolean {
    for (const _ of this.#matches(address)) return true
    return false
  }

  *#matches(address: string): Generator<readonly T[]> {
    const normal = address.startsWith('::') ? normaliseAddress(address) : address
    const kind = isIP(normal)
    if (kind === 0) return
    const { lengths } = kind === 4 ? this.#four : this.#six
    if (lengths.length === 0) return
    const four = kind === 4 ? fourBits(normal) : 0
    const six = kind === 4 ? [] : sixParts(normal)
    for (const { length, networks } of lengths) {
      const values = networks.get(kind === 4 ? maskedFour(four, length) : maskedSix(six, length))
      if (values !== undefined) yield values
    }
  }
}

function fourBits(address: string): number {
  let bits = 0
  for (const part of address.split('.')) bits = bits * 256 + Number(part)
  return bits
}

function maskedFour(bits: number, length: number): number {
  return length === 0 ? 0 : Math.floor(bits / 2 ** (32 - length))
}

/** The eight parts of an address that `isIP` has found good. */
function sixParts(address: string): readonly number[] {
  const zone = address.indexOf('%')
  const [head = '', tail] = (zone === -1 ? address : address.slice(0, zone)).split('::')
  const before = head === '' ? [] : partsOf(head)
  if (tail === undefined) return before
  const after = tail === '' ? [] : partsOf(tail)
  while (before.length + after.length < 8) before.push(0)
  return [...before, ...after]
}

function partsOf(text: string): number[] {
  const parts: number[] = []
  for (const part of text.split(':')) {
    if (part.includes('.')) {
      const bits = fourBits(part)
      parts.push(Math.floor(bits / 65_536), bits % 65_536)
    } else {
      parts.push(Number.parseInt(part, 16))
    }
  }
  return parts
}

function maskedSix(parts: readonly number[], length: number): string {
  let key = ''
  for (let left = length, index = 0; left > 0; left -= 16, index++) {
    const part = parts[index]!
    // One character for each part: UTF-16 units are only compared.
    key += String.fromCharCode(left >= 16 ? part : part >> (16 - left))
  }
  return key
}
