/** Counters in memory: exact and at once, for replays and tests. Nothing survives the process. */
import { addMicros, type Micros, microsOf, ZERO } from '../rating/money.ts'
import type { BudgetClaim, BudgetKey, BudgetShort, BudgetStore } from './types.ts'

/** Some hundred extensions over some years. */
const DEFAULT_CAPACITY = 2_000_000

export function textOfKey({ organisationId, scope, subject, period }: BudgetKey): string {
  return `${organisationId} ${scope} ${period} ${subject}`
}

/** Rejects when there are more counters than `capacity`: what cannot be counted is not granted, and no counter is forgotten. */
export function createMemoryBudgetStore(capacity = DEFAULT_CAPACITY): BudgetStore {
  const counters = new Map<string, Micros>()
  const granted = { granted: true } as const

  const add = (key: string, amount: Micros): void => {
    const before = counters.get(key)
    if (before === undefined && counters.size >= capacity) throw new RangeError(`more than ${capacity} budget counters`)
    counters.set(key, addMicros(before ?? ZERO, amount))
  }
  const take = (key: string, amount: Micros): void => {
    const before = counters.get(key)
    if (before !== undefined) counters.set(key, microsOf(Math.max(0, before - amount)))
  }

  function chargeOne(claims: readonly BudgetClaim[]): { readonly granted: true } | BudgetShort {
    for (let done = 0; done < claims.length; done++) {
      const { key, amount, cap } = claims[done]!
      const text = textOfKey(key)
      const left = cap - (counters.get(text) ?? ZERO)
      if (amount > left) {
        for (const earlier of claims.slice(0, done)) take(textOfKey(earlier.key), earlier.amount)
        return { granted: false, key, left: microsOf(Math.max(0, left)) }
      }
      add(text, amount)
    }
    return granted
  }

  return {
    charge(entries) {
      try {
        return Promise.resolve(entries.map(chargeOne))
      } catch (error) {
        return Promise.reject(error as Error)
      }
    },
    refund(entries) {
      for (const { key, amount } of entries) take(textOfKey(key), amount)
      return Promise.resolve()
    },
    charged: keys => Promise.resolve(keys.map(key => counters.get(textOfKey(key)) ?? ZERO)),
  }
}
