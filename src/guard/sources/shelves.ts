/** Which decision would be missed least when there is no room: tried only, one forged socket, never hit, hit, said by a person or a list; then the oldest. */
import type { Entry } from './entry.ts'

class Shelf {
  readonly #keys = new Set<string>()
  /** Kept, because a new iterator has to walk over all that was deleted since the last compaction. */
  #iterator: Iterator<string> = this.#keys.values()

  get size(): number {
    return this.#keys.size
  }

  add(key: string): void {
    this.#keys.add(key)
  }

  delete(key: string): void {
    this.#keys.delete(key)
  }

  takeOldest(): string | undefined {
    let next = this.#iterator.next()
    if (next.done === true) {
      this.#iterator = this.#keys.values()
      next = this.#iterator.next()
    }
    if (next.done === true) return undefined
    this.#keys.delete(next.value)
    return next.value
  }
}

const TRIED = 0
const SOCKET = 1
const NEVER_HIT = 2
const HIT = 3
const ORDERED = 4

export class Shelves {
  readonly #shelves: readonly Shelf[] = Array.from({ length: ORDERED + 1 }, () => new Shelf())

  add(entry: Entry): void {
    this.#shelves[indexOf(entry)]!.add(entry.key)
  }

  delete(entry: Entry): void {
    this.#shelves[indexOf(entry)]!.delete(entry.key)
  }

  /** It stopped something: from the second time on this costs nothing. */
  hit(entry: Entry): void {
    if (entry.hits > 0) {
      entry.hits++
      return
    }
    this.delete(entry)
    entry.hits = 1
    this.add(entry)
  }

  takeLeastUseful(): string | undefined {
    for (const shelf of this.#shelves) if (shelf.size > 0) return shelf.takeOldest()
    return undefined
  }
}

function indexOf({ decision: { mode, origin, target }, hits }: Entry): number {
  if (mode === 'dry-run') return TRIED
  if (origin !== 'rule') return ORDERED
  if (target.kind === 'socket' || target.kind === 'flow') return SOCKET
  return hits === 0 ? NEVER_HIT : HIT
}
