/**
 * Wrong attempts, counted so that guessing ends and an owner is never locked out: an account waits for the one network
 * that guesses; when many networks guess at it, it waits for all that its owner never came from; a network that tries many
 * accounts waits for all of them. Passkeys wait for nobody's wrong passwords.
 */
import { BoundedMap } from '../base/bounded.ts'
import { neighbourhoodOf } from '../base/network.ts'

export interface Attempt {
  /** Seconds until it may be made; 0: now. */
  readonly wait: number
  /** If this one is wrong, too, nothing may be tried until then. */
  readonly lock: { readonly attempts: number; readonly until: number } | undefined
}

export interface Attempts {
  /**
   * One that may be made counts as wrong until `succeeded` takes it back, so that many at once are not more than one after
   * another. `known`: the person came from this network before.
   */
  attempt(account: string, address: string, known: boolean, now: number): Attempt
  succeeded(account: string, address: string, known: boolean): void
  /** A new beginning: a link was given, a factor enrolled. */
  forget(account: string): void
  /** What strangers from this network do is told so often and not more: nobody fills the log. */
  mayTell(address: string, now: number): boolean
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
const TOLD: Limit = { failures: 30, windowMs: 10 * MINUTE, waitMs: 10 * MINUTE, longestMs: 10 * MINUTE }
/** Quiet for so long, and each lock is as short as the first. */
const FORGIVEN_MS = 24 * 60 * MINUTE
const CAPACITY = 50_000

type Counter = readonly [BoundedMap<string, Count>, string, Limit]

export function createAttempts(): Attempts {
  const pairs = new BoundedMap<string, Count>(CAPACITY)
  const accounts = new BoundedMap<string, Count>(CAPACITY)
  const networks = new BoundedMap<string, Count>(CAPACITY)
  const told = new BoundedMap<string, Count>(CAPACITY)
  /** Counts of an earlier generation are forgotten. */
  const generation = new BoundedMap<string, number>(CAPACITY)
  const countersOf = (account: string, address: string, known: boolean): readonly Counter[] => {
    const network = neighbourhoodOf(address)
    const own = [pairs, `${account} ${generation.get(account) ?? 0} ${network}`, PAIR] as const
    return known ? [own] : [own, [accounts, account, ACCOUNT], [networks, network, NETWORK]]
  }
  return {
    attempt(account, address, known, now) {
      const counters = countersOf(account, address, known)
      const longest = Math.max(0, ...counters.map(counter => waitOf(counter, now)))
      if (longest > 0) return { wait: Math.ceil(longest / 1_000), lock: undefined }
      const locks = counters.flatMap(counter => count(counter, now) ?? [])
      return { wait: 0, lock: locks.toSorted((a, b) => b.until - a.until)[0] }
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
    mayTell(address, now) {
      const counter = [told, neighbourhoodOf(address), TOLD] as const
      if (waitOf(counter, now) > 0) return false
      count(counter, now)
      return true
    },
  }
}

function waitOf([counts, key]: Counter, now: number): number {
  return (counts.touch(key)?.until ?? 0) - now
}

/** The lock that this one more brings. */
function count([counts, key, limit]: Counter, now: number): Attempt['lock'] {
  const before = counts.touch(key)
  const fresh = before === undefined || now - before.since > limit.windowMs
  const locks = before === undefined || now - before.since > FORGIVEN_MS ? 0 : before.locks
  const entry: Count = fresh ? { failures: 0, since: now, until: 0, locks } : before
  entry.failures++
  counts.set(key, entry)
  if (entry.failures < limit.failures) return undefined
  entry.until = now + Math.min(limit.waitMs * 2 ** entry.locks, limit.longestMs)
  entry.locks = Math.min(entry.locks + 1, 10)
  entry.failures = 0
  entry.since = entry.until
  return { attempts: limit.failures, until: entry.until }
}
