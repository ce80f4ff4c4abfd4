/** Which names a source tried lately, and which it proved, in bounded memory. */
import { BoundedMap } from '../../base/bounded.ts'
import { randomUint32 } from '../../base/random.ts'
import { seededHash } from '../../base/seeded-hash.ts'
import { shortName } from './target.ts'

/** Chosen anew by each process: nobody can make names that look like one. */
const seed = randomUint32()

/** A stranger chooses the text: a number of it is kept, not the text. */
function hashOf(text: string): number {
  return seededHash(shortName(text), seed) | 0
}

interface Ledger {
  since: number
  readonly names: number[]
}

export interface Tried {
  /** Different ones, this one included; at most as many as were asked for. */
  readonly count: number
  /** When the first of them was tried. */
  readonly since: number
  /** It was not tried before. */
  readonly isNew: boolean
}

/** Different names by key. What is older than the window goes at once, together. */
export class NameLedger {
  readonly #ledgers: BoundedMap<string, Ledger>
  readonly #windowMs: number
  readonly #most: number

  constructor(remembered: number, windowMs: number, most: number) {
    this.#ledgers = new BoundedMap(remembered)
    this.#windowMs = windowMs
    this.#most = most
  }

  add(key: string, name: string, at: number): Tried {
    const hash = hashOf(name)
    const ledger = this.#ledgers.touch(key)
    if (ledger === undefined) {
      this.#ledgers.set(key, { since: at, names: [hash] })
      return { count: 1, since: at, isNew: true }
    }
    if (at - ledger.since >= this.#windowMs) {
      ledger.since = at
      ledger.names.length = 0
    }
    const isNew = !ledger.names.includes(hash)
    if (isNew && ledger.names.length < this.#most) ledger.names.push(hash)
    return { count: ledger.names.length, since: ledger.since, isNew }
  }

  remove(key: string, name: string): void {
    const ledger = this.#ledgers.get(key)
    const index = ledger?.names.indexOf(hashOf(name)) ?? -1
    if (index >= 0) ledger!.names.splice(index, 1)
  }

  forget(key: string): void {
    this.#ledgers.delete(key)
  }
}

const MOST_PROVED = 64
const PROVED_MS = 24 * 3_600_000

/** Sources with names whose passwords they knew. Strangers cannot push anything out of it: only who proves a name writes to it. */
export class ProvedNames {
  readonly #sources: BoundedMap<string, { at: number; readonly names: number[] }>

  constructor(remembered: number) {
    this.#sources = new BoundedMap(remembered)
  }

  note(key: string, name: string, at: number): void {
    const hash = hashOf(name)
    const known = this.#sources.touch(key)
    if (known === undefined) {
      this.#sources.set(key, { at, names: [hash] })
      return
    }
    known.at = at
    if (known.names.length < MOST_PROVED && !known.names.includes(hash)) known.names.push(hash)
  }

  /** Different names within a day of the last success. */
  count(key: string, at: number): number {
    const known = this.#sources.get(key)
    return known === undefined || at - known.at >= PROVED_MS ? 0 : known.names.length
  }

  /** Where many phones are, a few have an old password: one proved name excuses this many others. */
  excuses(key: string, at: number, tried: number): boolean {
    return tried <= 4 * this.count(key, at)
  }
}
