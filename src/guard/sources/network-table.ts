/** Networks, and the narrowest that contains an address. For the few that people name; lists of others have `blocklist`. */
import ipaddr from 'ipaddr.js'
import { isIP } from '../../base/network.ts'

export class NetworkTable {
  /** By length of the prefix, longest first: the masked bits, and the text they came from. */
  readonly #byLength: { readonly length: number; readonly isIPv6: boolean; readonly texts: Map<string, string> }[] = []

  get isEmpty(): boolean {
    return this.#byLength.length === 0
  }

  /** A text that is no network is not taken. */
  add(text: string): void {
    const parsed = parse(text)
    if (parsed === undefined) return
    let shelf = this.#byLength.find(each => each.length === parsed.length && each.isIPv6 === parsed.isIPv6)
    if (shelf === undefined) {
      shelf = { length: parsed.length, isIPv6: parsed.isIPv6, texts: new Map() }
      this.#byLength.push(shelf)
      this.#byLength.sort((a, b) => b.length - a.length)
    }
    shelf.texts.set(masked(parsed.bytes, parsed.length), text)
  }

  delete(text: string): void {
    const parsed = parse(text)
    if (parsed === undefined) return
    const index = this.#byLength.findIndex(each => each.length === parsed.length && each.isIPv6 === parsed.isIPv6)
    const shelf = this.#byLength[index]
    shelf?.texts.delete(masked(parsed.bytes, parsed.length))
    if (shelf?.texts.size === 0) this.#byLength.splice(index, 1)
  }

  find(address: string): string | undefined {
    if (this.#byLength.length === 0 || isIP(address) === 0) return undefined
    const bytes = ipaddr.process(address).toByteArray()
    const isIPv6 = bytes.length === 16
    for (const shelf of this.#byLength) {
      if (shelf.isIPv6 !== isIPv6) continue
      const text = shelf.texts.get(masked(bytes, shelf.length))
      if (text !== undefined) return text
    }
    return undefined
  }
}

interface Parsed {
  readonly bytes: readonly number[]
  readonly length: number
  readonly isIPv6: boolean
}

function parse(text: string): Parsed | undefined {
  const [address = '', suffix] = text.split('/')
  if (isIP(address) === 0) return undefined
  const bytes = ipaddr.process(address).toByteArray()
  const length = suffix === undefined ? bytes.length * 8 : Number(suffix)
  return Number.isInteger(length) && length >= 0 && length <= bytes.length * 8
    ? { bytes, length, isIPv6: bytes.length === 16 }
    : undefined
}

function masked(bytes: readonly number[], length: number): string {
  const whole = length >> 3
  const rest = length & 7
  let text = String.fromCharCode(...bytes.slice(0, whole))
  if (rest > 0) text += String.fromCharCode(bytes[whole]! & (0xff00 >> rest) & 0xff)
  return text
}
