/** Token buckets by key: so many a second, and no more than a second's worth at once. */
import { BoundedMap } from '../base/bounded.ts'

interface Bucket {
  tokens: number
  at: number
}

export class RateBuckets {
  readonly #buckets: BoundedMap<string, Bucket>
  readonly #perSecond: number

  constructor(capacity: number, perSecond: number) {
    this.#buckets = new BoundedMap(capacity)
    this.#perSecond = perSecond
  }

  /** Takes one; false when there is none. `now` in monotonic milliseconds. */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.touch(key)
    if (bucket === undefined) {
      this.#buckets.set(key, { tokens: this.#perSecond - 1, at: now })
      return true
    }
    const gained = (Math.max(0, now - bucket.at) * this.#perSecond) / 1000
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + gained)
    bucket.at = now
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
