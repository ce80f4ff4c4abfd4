/** Budgets in memory: for a replay, and for tests. As exact as the database, and gone with the process. */
import { type Micros, microsOf, ZERO } from '../rating/money.ts'
import type { BudgetKey, BudgetShort, BudgetStore } from './types.ts'

/** Periods that are kept: a replay of years needs not all of them at once. */
const MAXIMUM_COUNTERS = 500_000

export function textOf({ organisationId, scope, subject, period }: BudgetKey): string {
  return `${period} ${scope} ${organisationId} ${subject}`
}

export function createMemoryBudgetStore(): BudgetStore {
  const counters = new Map<string, Micros>()
  const read = (key: BudgetKey): Micros => counters.get(textOf(key)) ?? ZERO
  const write = (key: BudgetKey, amount: number): void => {
    const text = textOf(key)
    if (!counters.has(text) && counters.size >= MAXIMUM_COUNTERS) counters.delete(counters.keys().next().value!)
    counters.set(text, microsOf(amount))
  }
  return {
    async charge(entries) {
      return entries.map(claims => {
        const short = claims.find(({ key, amount, cap }) => read(key) + amount > cap)
        if (short !== undefined) {
          const left = microsOf(Math.max(0, short.cap - read(short.key)))
          return { granted: false, key: short.key, left } satisfies BudgetShort
        }
        for (const { key, amount } of claims) write(key, read(key) + amount)
        return { granted: true } as const
      })
    },
    async refund(entries) {
      for (const { key, amount } of entries) write(key, Math.max(0, read(key) - amount))
    },
    async charged(keys) {
      return keys.map(read)
    },
  }
}
