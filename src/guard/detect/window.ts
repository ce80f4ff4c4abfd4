/** How often something happened lately, by key, in bounded memory. */
import { BoundedMap } from '../../base/bounded.ts'

/** Exact, for thresholds of a few dozen. */
export class RecentCounts {
  readonly #times: BoundedMap<string, number[]>
  readonly #windowMs: number
  readonly #most: number

  /** `most`: more than so many within the window are never asked for. */
  constructor(remembered: number, windowMs: number, most: number) {
    this.#times = new BoundedMap(remembered)
    this.#windowMs = windowMs
    this.#most = most
  }

  /** Counts one, and says how many there were within the window, this one included. */
  add(key: string, at: number): number {
    const times = this.#times.touch(key)
    if (times === undefined) {
      this.#times.set(key, [at])
      return 1
    }
    let old = 0
    while (old < times.length && at - times[old]! >= this.#windowMs) old++
    if (old > 0) times.splice(0, old)
    times.push(at)
    if (times.length > this.#most) times.shift()
    return times.length
  }

  forget(key: string): void {
    this.#times.delete(key)
  }
}

interface Tally {
  since: number
  count: number
}

/** Two numbers for each key: of the first since, and how many. What is older than the window goes at once, together. */
export class Tallies {
  readonly #tallies: BoundedMap<string, Tally>
  readonly #windowMs: number

  constructor(remembered: number, windowMs: number) {
    this.#tallies = new BoundedMap(remembered)
    this.#windowMs = windowMs
  }

  add(key: string, at: number): Readonly<Tally> {
    const tally = this.#tallies.touch(key)
    if (tally === undefined || at - tally.since >= this.#windowMs) {
      const begun = { since: at, count: 1 }
      this.#tallies.set(key, begun)
      return begun
    }
    tally.count++
    return tally
  }

  get(key: string, at: number): Readonly<Tally> | undefined {
    const tally = this.#tallies.get(key)
    return tally === undefined || at - tally.since >= this.#windowMs ? undefined : tally
  }

  forget(key: string): void {
    this.#tallies.delete(key)
  }
}
