/** One counter's headroom: charged durably in advance, and spent in memory. */
import type { Micros } from '../rating/money.ts'
import type { BudgetClaim, BudgetKey } from './types.ts'

export interface Lease {
  readonly key: BudgetKey
  /** Charged, and not spent yet. */
  headroom: number
  /** The last cap that the counter was seen below. */
  cap: Micros
  /** What is asked for at once, as of late. */
  chunk: number
  /** On a monotonic clock; in the future while it is kept for whoever comes. */
  usedAt: number
  /** Near the cap: until then nothing is charged in advance. */
  exactUntil: number
  /** More is on its way, or waits for it. */
  filling: boolean
}

/** In advance at most so much of a cap. */
const SHARE = 0.05
/** Beyond so much of a cap, what is charged is exact: what one node holds in advance, another one might need. */
const NEAR = 0.75
/** Calls of one organisation at once that find headroom while more is on its way. */
const CHUNKS = 64

/** What fills the whole share of a cap, where nobody knows yet what is asked for. */
export function usualChunk(cap: number): number {
  return Math.max(1, Math.floor((cap * SHARE) / CHUNKS))
}

export function createLease(
  { key, amount, cap }: Omit<BudgetClaim, 'amount'> & { readonly amount: number },
  now: number,
): Lease {
  return { key, headroom: 0, cap, chunk: amount, usedAt: now, exactUntil: Number.NEGATIVE_INFINITY, filling: false }
}

/** 0 where not even one chunk may be held. */
export function targetOf({ key, cap, chunk, exactUntil }: Lease, now: number): number {
  if (now < exactUntil) return 0
  const most = Math.floor(cap * SHARE)
  if (chunk > most) return 0
  // One payer calls now here, now there: its next chunk may cost many times the last one.
  return key.scope === 'payer-day' ? most : Math.min(most, chunk * CHUNKS)
}

/** What is charged to fill it up; undefined: it is full enough. */
export function fillingOf(lease: Lease, now: number): BudgetClaim | undefined {
  const target = targetOf(lease, now)
  if (target === 0 || lease.headroom * 2 > target) return undefined
  return { key: lease.key, amount: (target - lease.headroom) as Micros, cap: Math.floor(lease.cap * NEAR) as Micros }
}

export function noteUse(lease: Lease, { amount, cap }: BudgetClaim, now: number): void {
  lease.usedAt = Math.max(lease.usedAt, now)
  lease.cap = cap
  lease.chunk = Math.ceil((lease.chunk * 3 + amount) / 4)
}
