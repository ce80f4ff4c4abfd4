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
  /** On a monotonic clock. */
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
/** Calls at once that find headroom while more is on its way. */
const CHUNKS = { payer: 4, shared: 64 }

export function createLease({ key, amount, cap }: BudgetClaim, now: number): Lease {
  return { key, headroom: 0, cap, chunk: amount, usedAt: now, exactUntil: Number.NEGATIVE_INFINITY, filling: false }
}

/** 0 where not even one chunk may be held. */
export function targetOf({ key, cap, chunk, exactUntil }: Lease, now: number): number {
  if (now < exactUntil) return 0
  const most = Math.floor(cap * SHARE)
  if (chunk > most) return 0
  return Math.min(most, chunk * (key.scope === 'payer-day' ? CHUNKS.payer : CHUNKS.shared))
}

/** What is charged to fill it up; undefined: it is full enough. */
export function fillingOf(lease: Lease, now: number): BudgetClaim | undefined {
  const target = targetOf(lease, now)
  if (target === 0 || lease.headroom * 2 > target) return undefined
  return { key: lease.key, amount: (target - lease.headroom) as Micros, cap: Math.floor(lease.cap * NEAR) as Micros }
}

export function noteUse(lease: Lease, { amount, cap }: BudgetClaim, now: number): void {
  lease.usedAt = now
  lease.cap = cap
  // Falls slowly, so that a cheap call does not shrink it for the next dear one.
  lease.chunk = amount >= lease.chunk ? amount : Math.ceil((lease.chunk * 7 + amount) / 8)
}
