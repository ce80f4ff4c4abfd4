/** What every budget store does, as tests: exact, each entry as a whole or not at all, never above a cap, never below zero. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, type OrganisationId } from '../../src/base/ids.ts'
import type { BudgetClaim, BudgetKey, BudgetStore } from '../../src/fraud/budget/types.ts'
import type { Micros } from '../../src/fraud/rating/money.ts'

/** A key of an organisation that nobody used before. */
export function keysOf(organisationId: OrganisationId = newId<'OrganisationId'>(Date.now())) {
  return (scope: BudgetKey['scope'], subject = '', period = '2026-11-23'): BudgetKey => ({
    organisationId,
    scope,
    subject,
    period,
  })
}

export function claim(key: BudgetKey, amount: number, cap: number): BudgetClaim {
  return { key, amount: amount as Micros, cap: cap as Micros }
}

/** `storeOf` gives the same store, or another one over the same counters, each time. */
export function budgetStoreContract(name: string, storeOf: () => BudgetStore): void {
  const granted = { granted: true }

  test(`${name}: an entry is charged to all its counters or to none`, async () => {
    const key = keysOf()
    const [day, payer] = [key('organisation-day'), key('payer-day', 'trunk:O\'Hare, {}" é')]
    const store = storeOf()
    assert.deepEqual(await store.charge([[claim(payer, 60, 100), claim(day, 60, 200)]]), [granted])
    assert.deepEqual(await store.charge([[claim(day, 60, 200), claim(payer, 60, 100)]]), [
      { granted: false, key: payer, left: 40 },
    ])
    assert.deepEqual(await store.charged([payer, day, key('risky-day')]), [60, 60, 0])
  })

  test(`${name}: entries of one charge stand in order, and what fits behind one that does not is granted`, async () => {
    const key = keysOf()
    const day = key('organisation-day')
    const outcomes = await storeOf().charge([
      [claim(day, 50, 100)],
      [claim(key('payer-day', 'a'), 10, 100), claim(day, 51, 100)],
      [],
      [claim(key('payer-day', 'b'), 50, 100), claim(day, 50, 100)],
      [claim(day, 1, 100)],
    ])
    assert.deepEqual(outcomes, [
      granted,
      { granted: false, key: day, left: 50 },
      granted,
      granted,
      { granted: false, key: day, left: 0 },
    ])
    assert.deepEqual(await storeOf().charged([day, key('payer-day', 'a'), key('payer-day', 'b')]), [100, 0, 50])
  })

  test(`${name}: a cap that was lowered leaves nothing, and never less`, async () => {
    const day = keysOf()('organisation-day')
    await storeOf().charge([[claim(day, 100, 100)]])
    assert.deepEqual(await storeOf().charge([[claim(day, 1, 50)]]), [{ granted: false, key: day, left: 0 }])
  })

  test(`${name}: what is given back can be charged again; never below zero`, async () => {
    const day = keysOf()('organisation-day')
    const refund = (amount: number): Promise<void> => storeOf().refund([{ key: day, amount: amount as Micros }])
    await storeOf().charge([[claim(day, 100, 100)]])
    await Promise.all([refund(30), refund(30)])
    assert.deepEqual(await storeOf().charge([[claim(day, 61, 100)]]), [{ granted: false, key: day, left: 60 }])
    assert.deepEqual(await storeOf().charge([[claim(day, 60, 100)]]), [granted])
    await refund(1_000)
    assert.deepEqual(await storeOf().charged([day]), [0])
  })

  test(`${name}: what was given back a moment ago fits now`, async () => {
    const day = keysOf()('organisation-day')
    await storeOf().charge([[claim(day, 100, 100)]])
    const store = storeOf()
    const [, outcomes] = await Promise.all([
      store.refund([{ key: day, amount: 100 as Micros }]),
      store.charge([[claim(day, 100, 100)]]),
    ])
    assert.deepEqual(outcomes, [granted])
  })

  test(`${name}: many at once take a cap exactly`, async () => {
    const key = keysOf()
    const day = key('organisation-day')
    const one = (number: number): Promise<readonly { readonly granted: boolean }[]> =>
      storeOf().charge([[claim(key('payer-day', `${number % 7}`), 7, 1_000), claim(day, 7, 700)]])
    const outcomes = (await Promise.all(Array.from({ length: 250 }, (_, number) => one(number)))).flat()
    assert.equal(outcomes.filter(each => each.granted).length, 100)
    assert.deepEqual(await storeOf().charged([day]), [700])
    const payers = Array.from({ length: 7 }, (_, number) => key('payer-day', `${number}`))
    assert.equal(
      (await storeOf().charged(payers)).reduce((sum, each) => sum + each, 0),
      700,
    )
  })

  test(`${name}: money of any size`, async () => {
    const day = keysOf()('organisation-day')
    const most = Number.MAX_SAFE_INTEGER
    assert.deepEqual(await storeOf().charge([[claim(day, most, most)]]), [granted])
    assert.deepEqual(await storeOf().charge([[claim(day, 1, most)]]), [{ granted: false, key: day, left: 0 }])
    assert.deepEqual(await storeOf().charged([day]), [most])
  })
}
