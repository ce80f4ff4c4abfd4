/** Networks of both families, and the narrowest that contains an address: asked for each datagram, so it allocates nothing. */
import { ipv4Word, ipv6Words } from '../../base/address-words.ts'

interface Level<T> {
  /** Undefined where a network ends: an empty Map for each of a hundred thousand is 20 MB. */
  next: Map<number, Level<T>> | undefined
  value: T | undefined
}

/** Networks of one length. */
interface Shelf<T> {
  readonly length: number
  /** How many words of 32 bits the length spans, each with the bits that count. */
  readonly masks: readonly number[]
  readonly root: Level<T>
  size: number
}

export class PrefixIndex<T> {
  /** Longest first. */
  readonly #four: Shelf<T>[] = []
  readonly #six: Shelf<T>[] = []
  readonly #words = new Uint32Array(4)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** What is no address is not taken. */
  add(address: string, length: number, value: T): void {
    const shelves = this.#read(address)
    if (shelves === undefined) return
    const shelf = shelfOf(shelves, length)
    let level = shelf.root
    for (let i = 0; i < shelf.masks.length; i++) {
      const word = this.#words[i]! & shelf.masks[i]!
      level.next ??= new Map()
      let next = level.next.get(word)
      if (next === undefined) {
        next = { next: undefined, value: undefined }
        level.next.set(word, next)
      }
      level = next
    }
    if (level.value === undefined) {
      shelf.size++
      this.#size++
    }
    level.value = value
  }

  delete(address: string, length: number): void {
    const shelves = this.#read(address)
    if (shelves === undefined) return
    const at = shelves.findIndex(each => each.length === length)
    const shelf = shelves[at]
    if (shelf === undefined || !removeFrom(shelf.root, shelf, this.#words, 0)) return
    this.#size--
    if (--shelf.size === 0) shelves.splice(at, 1)
  }

  /** The narrowest that is accepted. */
  find(address: string, accepts: (value: T) => boolean): T | undefined {
    if (this.#size === 0) return undefined
    const shelves = this.#read(address)
    if (shelves === undefined) return undefined
    for (let each = 0; each < shelves.length; each++) {
      const { masks, root } = shelves[each]!
      let level: Level<T> | undefined = root
      for (let i = 0; i < masks.length && level !== undefined; i++) level = level.next?.get(this.#words[i]! & masks[i]!)
      if (level?.value !== undefined && accepts(level.value)) return level.value
    }
    return undefined
  }

  /** Its words, and the shelves of its family. An IPv4 address inside an IPv6 one is an IPv4 address. */
  #read(address: string): Shelf<T>[] | undefined {
    const four = ipv4Word(address)
    if (four >= 0) {
      this.#words[0] = four
      return this.#four
    }
    const zone = address.indexOf('%')
    if (!ipv6Words(address, this.#words, 0, zone < 0 ? address.length : zone)) return undefined
    if (this.#words[0] !== 0 || this.#words[1] !== 0 || this.#words[2] !== 0xffff) return this.#six
    this.#words[0] = this.#words[3]!
    return this.#four
  }
}

function shelfOf<T>(shelves: Shelf<T>[], length: number): Shelf<T> {
  const known = shelves.find(each => each.length === length)
  if (known !== undefined) return known
  // A network of length 0 has one word of which no bit counts.
  const masks = Array.from({ length: Math.max(1, Math.ceil(length / 32)) }, (_, i) => {
    const bits = Math.min(32, length - i * 32)
    return bits === 0 ? 0 : -1 << (32 - bits)
  })
  const shelf: Shelf<T> = { length, masks, root: { next: undefined, value: undefined }, size: 0 }
  shelves.push(shelf)
  shelves.sort((a, b) => b.length - a.length)
  return shelf
}

/** True: it was there. Levels that lead nowhere any more go with it. */
function removeFrom<T>(level: Level<T>, shelf: Shelf<T>, words: Uint32Array, depth: number): boolean {
  if (depth === shelf.masks.length) {
    const wasThere = level.value !== undefined
    level.value = undefined
    return wasThere
  }
  const word = words[depth]! & shelf.masks[depth]!
  const next = level.next?.get(word)
  if (next === undefined || !removeFrom(next, shelf, words, depth + 1)) return false
  if (next.value === undefined && (next.next?.size ?? 0) === 0) level.next?.delete(word)
  return true
}
