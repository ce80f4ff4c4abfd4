/** Whatever calls do, over however many nodes and crashes: no cap is passed, and nothing that was spent is forgotten. */
import { test } from 'node:test'
import fc from 'fast-check'
import { createBudgetWorld, plans, type WorldStore } from '../../../test/support/budget-world.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import type { BudgetStore } from './types.ts'

/** Answers come in another order than questions, as from a database. */
export function disordered(store: BudgetStore, pick: (bound: number) => number): BudgetStore {
  const later = async (): Promise<void> => {
    for (let turns = pick(4); turns > 0; turns--) await new Promise(resolve => setImmediate(resolve))
  }
  return {
    async charge(entries) {
      await later()
      const outcomes = await store.charge(entries)
      await later()
      return outcomes
    },
    async refund(entries) {
      await later()
      await store.refund(entries)
    },
    charged: keys => store.charged(keys),
  }
}

export function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return bound => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * bound)
  }
}

const plain = (store: BudgetStore): WorldStore => ({ store, crash: () => undefined, stop: () => Promise.resolve() })

for (const nodes of [1, 3]) {
  test(`${nodes} nodes, one after another`, async () => {
    const property = fc.asyncProperty(plans, async plan => {
      const store = createMemoryBudgetStore()
      await createBudgetWorld(plan, nodes, () => plain(store), store.charged).run()
    })
    await fc.assert(property, { numRuns: 300 })
  })
}

test('3 nodes, answers in any order', async () => {
  const property = fc.asyncProperty(plans, fc.nat(), async (plan, seed) => {
    const store = createMemoryBudgetStore()
    const pick = generator(seed)
    await createBudgetWorld(plan, 3, () => plain(disordered(store, pick)), store.charged).run()
  })
  await fc.assert(property, { numRuns: 200 })
})
