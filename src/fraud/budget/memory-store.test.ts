/** The counters in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { budgetStoreContract, claim, keysOf } from '../../../test/support/budget-store-contract.ts'
import { createMemoryBudgetStore } from './memory-store.ts'

const store = createMemoryBudgetStore()
budgetStoreContract('memory', () => store)

test('memory: what cannot be counted is not granted', async () => {
  const small = createMemoryBudgetStore(1)
  const key = keysOf()
  await small.charge([[claim(key('organisation-day'), 1, 10)]])
  await assert.rejects(small.charge([[claim(key('risky-day'), 1, 10)]]), RangeError)
})
