/**
 * Wrong attempts, counted so that guessing ends and an owner is never locked out: an account waits for the one network
 * that guesses; when many networks guess at it, it waits for all that its owner never came from; a network that tries many
 * accounts waits for all of them. Passkeys wait for nobody's wrong passwords.
 */
import { BoundedMap } from '../base/bounded.ts'
import { neighbourhoodOf } from '../base/network.ts'

export interface Attempts {
  /**
   * Seconds to wait before the next attempt; 0: this one may be made, and counts as wrong until `succeeded` takes it back, so
   * that many at once are not more than one after another. `known`: the person came from this network before.
   */
  attempt(account: string, address: string, known: boolean, now: number): number
  succeeded(account: string, address: string, known: boolean): void
  /** At the machine's own console: nothing waits any more. */
  forget(account: string): void
}

interface Count {
  failures: number
  since: number
  until: number
  locks: number
}

interface Limit {
  readonly failures: number
  readonly windowMs: number
  readonly waitMs: number
  readonly longestMs: number
}

const MINUTE = 60_000
const PAIR: Limit = { failures: 5, windowMs: 15 * MINUTE, waitMs: MINUTE, longestMs: 60 * MINUTE }
const ACCOUNT: Limit = { failures: 20, windowMs: 60 * MINUTE, waitMs: 15 * MINUTE, longestMs: 60 * MINUTE }
const NETWORK: Limit = { failures: 30, windowMs: 10 * MINUTE, waitMs: 15 * MINUTE, longestMs: 60 * MINUTE }
const CAPACITY = 50_000

export function createAttempts(): Attempts {
  const pairs = new BoundedMap<string, Count>(CAPACITY)
  const accounts = new BoundedMap<string, Count>(CAPACITY)
  const networks = new BoundedMap<string, Count>(CAPACITY)
  /** Counts of an earlier generation are forgotten. */
  const generation = new BoundedMap<string, number>(CAPACITY)
  const countersOf = (account: string, address: string, known: boolean) => {
    const network = neighbourhoodOf(address)
    const own = [pairs, `${account} ${generation.get(account) ?? 0} ${network}`, PAIR] as const
    return known ? [own] : [own, [accounts, account, ACCOUNT] as const, [networks, network, NETWORK] as const]
  }
  return {
    attempt(account, address, known, now) {
      const counters = countersOf(account, address, known)
      const waits = counters.map(([counts, key]) => (counts.touch(key)?.until ?? 0) - now)
      const longest = Math.max(0, ...waits)
      if (longest > 0) return Math.ceil(longest / 1_000)
      for (const [counts, key, limit] of counters) count(counts, key, limit, now)
      return 0
    },
    succeeded(account, address, known) {
      const [own, ...others] = countersOf(account, address, known)
      own?.[0].delete(own[1])
      for (const [counts, key] of others) {
        const entry = counts.get(key)
        if (entry !== undefined && entry.failures > 0) entry.failures--
      }
    },
    forget(account) {
      accounts.delete(account)
      generation.set(account, (generation.get(account) ?? 0) + 1)
    },
  }
}

function count(counts: BoundedMap<string, Count>, key: string, limit: Limit, now: number): void {
  const before = counts.touch(key)
  const fresh = before === undefined || now - before.since > limit.windowMs
  const entry: Count = fresh ? { failures: 0, since: now, until: 0, locks: before?.locks ?? 0 } : before
  entry.failures++
  if (entry.failures >= limit.failures) {
    entry.until = now + Math.min(limit.waitMs * 2 ** entry.locks, limit.longestMs)
    entry.locks = Math.min(entry.locks + 1, 10)
    entry.failures = 0
    entry.since = now
  }
  counts.set(key, entry)
}
