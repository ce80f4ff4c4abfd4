/** Whatever calls do, over however many nodes and crashes: no cap is passed, and nothing that was spent is forgotten. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBudgetWorld, plans, type WorldStore } from '../../../test/support/budget-world.ts'
import { ManualClock } from '../../base/clock.ts'
import { createLeases } from './leases.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import type { BudgetStore } from './types.ts'

/** Answers come in another order than questions, as from a database. */
function disordered(store: BudgetStore, pick: (bound: number) => number): BudgetStore {
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

function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return bound => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * bound)
  }
}

const plain = (store: BudgetStore): WorldStore => ({ store, crash: () => undefined, stop: () => Promise.resolve() })

function leased(store: BudgetStore, clock: ManualClock): WorldStore {
  const leases = createLeases({ store, clock, onStoreError: error => assert.fail(String(error)) })
  return { store: leases, crash: () => undefined, stop: () => leases.stop() }
}

for (const [name, open] of [
  ['exact', (store: BudgetStore): WorldStore => plain(store)],
  ['leased', leased],
] as const) {
  for (const nodes of [1, 3]) {
    test(`${name}, ${nodes} nodes, one after another`, async () => {
      const property = fc.asyncProperty(plans, async plan => {
        const store = createMemoryBudgetStore()
        const clock = new ManualClock()
        const options = { nodes, clock, open: () => open(store, clock), counters: store.charged, isStrict: nodes === 1 }
        await createBudgetWorld(plan, options).run()
      })
      await fc.assert(property, { numRuns: 300 })
    })
  }

  test(`${name}, 3 nodes, answers in any order`, async () => {
    const property = fc.asyncProperty(plans, fc.nat(), async (plan, seed) => {
      const store = createMemoryBudgetStore()
      const clock = new ManualClock()
      const slow = disordered(store, generator(seed))
      const options = { nodes: 3, clock, open: () => open(slow, clock), counters: store.charged }
      await createBudgetWorld(plan, options).run()
    })
    await fc.assert(property, { numRuns: 200 })
  })
}
