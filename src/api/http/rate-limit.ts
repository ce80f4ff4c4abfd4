/** Requests by whoever makes them: a token bucket each, so that a burst is served and a loop is told to wait. */
import { BoundedMap } from '../../base/bounded.ts'

export interface RateLimit {
  /** Seconds to wait; 0: it passes, and counts. `now`: milliseconds. */
  take(key: string, now: number): number
  /** The same, without counting. */
  wait(key: string, now: number): number
}

interface Bucket {
  readonly tokens: number
  readonly at: number
}

const CAPACITY = 10_000

export function createRateLimit(perSecond: number, burst: number): RateLimit {
  const buckets = new BoundedMap<string, Bucket>(CAPACITY)
  const tokensOf = (key: string, now: number): number => {
    const bucket = buckets.get(key)
    if (bucket === undefined) return burst
    // A clock that was set back takes nothing away.
    return Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1_000)
  }
  const waitFor = (tokens: number): number => (tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond)))
  return {
    wait: (key, now) => waitFor(tokensOf(key, now)),
    take(key, now) {
      const tokens = tokensOf(key, now)
      const wait = waitFor(tokens)
      buckets.set(key, { tokens: wait === 0 ? tokens - 1 : tokens, at: now })
      return wait
    },
  }
}
