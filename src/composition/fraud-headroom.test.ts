/** Whose budgets are charged in advance, and when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { defaultOrganisationCalling } from '../directory/default-calling.ts'
import { createFakeDirectory } from '../directory/fake-directory.ts'
import type { BudgetKey } from '../fraud/budget/types.ts'
import { defaultPolicy } from '../fraud/policy.ts'
import { keepHeadroom } from './fraud-headroom.ts'

test('every extension that may call, each minute, and the next day shortly before midnight', async () => {
  const clock = new ManualClock(Date.parse('2026-11-30T22:58:00Z'))
  const { organisation, ...directory } = createFakeDirectory({ extensions: ['101', '102'] })
  const prepared: (readonly BudgetKey[])[] = []
  const errors: unknown[] = []
  const stop = keepHeadroom({
    clock,
    directory: {
      organisations: () => [organisation],
      extensions: id => directory.extensions(id),
      callingOf: id => defaultOrganisationCalling(id, 'DE', 'Europe/Berlin'),
    },
    policyOf: id => defaultPolicy(id, 'DE'),
    leases: {
      async prepare(caps) {
        prepared.push(caps.map(each => each.key))
        if (prepared.length === 2) throw new Error('gone')
      },
    },
    onError: error => errors.push(error),
  })
  const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
  const summary = (): string[] => prepared.at(-1)!.map(each => `${each.scope} ${each.period}`)
  await settled()
  assert.deepEqual(summary(), [
    'organisation-day 2026-11-30',
    'organisation-month 2026-11',
    'risky-day 2026-11-30',
    'payer-day 2026-11-30',
    'payer-day 2026-11-30',
  ])
  clock.advance(60_000)
  await settled()
  assert.equal(errors.length, 1)
  assert.deepEqual(summary().slice(5), [
    'organisation-day 2026-12-01',
    'organisation-month 2026-12',
    'risky-day 2026-12-01',
    'payer-day 2026-12-01',
    'payer-day 2026-12-01',
  ])
  clock.advance(60_000)
  await settled()
  assert.equal(prepared.length, 3)
  stop()
  assert.equal(clock.pendingCount, 0)
})
