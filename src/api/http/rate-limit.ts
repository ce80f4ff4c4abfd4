/** Requests by whoever makes them: a token bucket each, so that a burst is served and a loop is told to wait. */
import { BoundedMap } from '../../base/bounded.ts'

export interface RateLimit {
  /** Seconds to wait; 0: it may pass. `now`: milliseconds. */
  take(key: string, now: number): number
}

interface Bucket {
  tokens: number
  at: number
}

const CAPACITY = 10_000

export function createRateLimit(perSecond: number, burst: number): RateLimit {
  const buckets = new BoundedMap<string, Bucket>(CAPACITY)
  return {
    take(key, now) {
      const bucket = buckets.touch(key) ?? { tokens: burst, at: now }
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1_000)
      bucket.at = now
      const passes = bucket.tokens >= 1
      if (passes) bucket.tokens--
      buckets.set(key, bucket)
      return passes ? 0 : Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))
    },
  }
}
