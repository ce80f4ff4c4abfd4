import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeFraud, FAKE_RULE } from '../../api/fake-fraud.ts'
import { FAKE_TRUNK } from '../../api/fake-outside.ts'
import type { FraudRuleView, FraudStatusView } from '../../api/fraud-operations.ts'
import { checkDecisions, checkPrices, checkRules, checkSpending } from './check-fraud.ts'
import type { Check, DoctorContext } from './types.ts'

async function found(check: Check, status: Partial<FraudStatusView>, rules: readonly FraudRuleView[] = []) {
  const fraud = { status: { ...createFakeFraud().status, ...status }, rules }
  const outside = { trunks: [FAKE_TRUNK], numbers: 1 }
  const findings = await check({ fraud, outside } as unknown as DoctorContext)
  return findings.map(({ state, message }) => `${state} ${message}`)
}

test('money is well until it is nearly gone', async () => {
  assert.deepEqual(await found(checkSpending, {}), ['ok 3.20 of 50.00 EUR spent today'])
  assert.deepEqual(await found(checkSpending, { spentToday: '40.00' }), [
    'warn 40.00 of 50.00 EUR are spent today: paid calls will be refused soon',
  ])
  assert.deepEqual(await found(checkSpending, { spentThisMonth: '500.00', capToday: '0.00' }), [
    'warn 3.20 of 0.00 EUR are spent today: no paid call can begin',
    'warn 500.00 of 500.00 EUR are spent this month: no paid call can begin',
  ])
})

test('built-in prices are a warning as soon as a provider sends bills', async () => {
  assert.match((await found(checkPrices, {}))[0]!, /^warn built-in guesses/)
  const deck = { source: 'imported', name: 'rates.csv', currency: 'EUR', rates: 12, importedAt: 1 } as const
  assert.deepEqual(await found(checkPrices, { deck }), ['ok 12 rates of rates.csv, in EUR'])
})

test('what a person has to look at is a warning', async () => {
  assert.match((await found(checkDecisions, {}))[0]!, /^ok/)
  assert.deepEqual(await found(checkDecisions, { suspended: ['101'], waiting: 1 }), [
    'warn suspended by toll-fraud control: 101',
    'warn 1 call waited for somebody to say that it is wanted',
  ])
})

test('rules that do nothing are named', async () => {
  assert.deepEqual(await found(checkRules, {}, [FAKE_RULE]), [])
  const tried = { ...FAKE_RULE, mode: 'dry-run', id: 'FRAUD_A' } as const
  const tells = { ...FAKE_RULE, response: 'alert', id: 'FRAUD_B' } as const
  assert.deepEqual(await found(checkRules, {}, [tried, tells]), [
    'warn only tried: FRAUD_A',
    'warn only tells: FRAUD_B',
  ])
})

test('without a store nothing is said', async () => {
  for (const check of [checkSpending, checkPrices, checkDecisions, checkRules]) {
    assert.deepEqual(await check({ fraud: undefined, outside: undefined } as unknown as DoctorContext), [])
  }
})
