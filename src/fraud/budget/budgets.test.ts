/** One call at a time: what is reserved, refused, given back, and where it is charged. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import type { OrganisationId } from '../../base/ids.ts'
import { defaultPolicy, type FraudPolicy } from '../policy.ts'
import { type Micros, microsOf, ZERO } from '../rating/money.ts'
import type { Price } from '../rating/price.ts'
import { createBudgets } from './budgets.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import { localDate } from './period.ts'
import type { BudgetKey, BudgetRequest, Budgets, BudgetStore } from './types.ts'

const organisationId = 'o' as OrganisationId
const NOON = Date.parse('2026-11-23T12:00:00Z')
const errors: unknown[] = []
let store: BudgetStore
let budgets: Budgets

beforeEach(() => {
  store = createMemoryBudgetStore()
  errors.length = 0
  budgets = createBudgets({ store, nodeId: 'n', onStoreError: error => errors.push(error) })
})

const euros = (amount: number): Micros => microsOf(Math.round(amount * 1_000_000))

function policy(caps: Partial<FraudPolicy['caps']> = {}, more: Partial<FraudPolicy> = {}): FraudPolicy {
  const base = defaultPolicy(organisationId, 'DE')
  return { ...base, ...more, caps: { ...base.caps, ...caps } }
}

/** A euro a minute, by the minute. */
function price(more: Partial<Price> = {}): Price {
  return { perMinute: euros(1), connectionFee: ZERO, minimumSeconds: 0, incrementSeconds: 60, ...more }
}

function request(more: Partial<BudgetRequest> = {}): BudgetRequest {
  return {
    organisationId,
    payer: 'p',
    extension: '101',
    class: 'ordinary',
    price: price(),
    policy: policy(),
    timeZone: 'Europe/Berlin',
    at: NOON,
    ...more,
  }
}

async function opened(
  more: Partial<BudgetRequest> = {},
): Promise<{ readonly reservation: string; readonly paidMs: number }> {
  const result = await budgets.open(request(more))
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

async function refusal(more: Partial<BudgetRequest> = {}): Promise<string> {
  const result = await budgets.open(request(more))
  assert.ok(!result.ok)
  return result.error.rule
}

async function counter(scope: BudgetKey['scope'], period: string, subject = ''): Promise<number> {
  return (await store.charged([{ organisationId, scope, subject, period }]))[0]!
}

const today = (): Promise<number> => counter('organisation-day', '2026-11-23')

test('the first chunk: a connection fee, the minimum, and increments for 15 s at least', async () => {
  for (const [more, paidMs, charged] of [
    [{}, 59_000, 1],
    [{ incrementSeconds: 1 }, 14_750, 0.25],
    [{ incrementSeconds: 6 }, 17_000, 0.3],
    [{ incrementSeconds: 1, minimumSeconds: 30, connectionFee: euros(0.1) }, 29_750, 0.6],
    [{ minimumSeconds: 60 }, 59_000, 1],
    [{ minimumSeconds: 20 }, 79_000, 80 / 60],
  ] as const) {
    const { reservation, paidMs: got } = await opened({ price: price(more) })
    assert.deepEqual([got, await today()], [paidMs, Math.ceil(charged * 1_000_000)], JSON.stringify(more))
    budgets.close(reservation, NOON)
    assert.equal(await today(), 0)
  }
})

test('where a chunk does not fit, as many increments as fit; then the refusal names the cap', async () => {
  const cents = price({ perMinute: euros(0.6), incrementSeconds: 1 })
  const { reservation, paidMs } = await opened({ price: cents, policy: policy({ organisationDay: euros(0.205) }) })
  assert.equal(paidMs, 14_750)
  budgets.answered(reservation, NOON)
  const more = await budgets.extend(reservation, NOON + 10_000)
  assert.ok(more.ok)
  assert.equal(more.value.paidMs, 19_750)
  assert.equal(await today(), 200_000)
  const last = await budgets.extend(reservation, NOON + 15_000)
  assert.deepEqual(last, {
    ok: false,
    error: {
      rule: 'FRAUD_CAP_ORGANISATION_DAY',
      reason:
        'of the 0.205 EUR for the organisation on 2026-11-23, 0.005 are left; more of the call costs at least 0.01',
    },
  })
})

test('each cap refuses by its own name', async () => {
  const cap = euros(0.99)
  assert.equal(await refusal({ policy: policy({ call: cap }) }), 'FRAUD_CAP_CALL')
  assert.equal(await refusal({ policy: policy({ extensionDay: cap }) }), 'FRAUD_CAP_EXTENSION_DAY')
  assert.equal(await refusal({ policy: policy({ organisationDay: cap }) }), 'FRAUD_CAP_ORGANISATION_DAY')
  assert.equal(await refusal({ policy: policy({ organisationMonth: cap }) }), 'FRAUD_CAP_ORGANISATION_MONTH')
  const risky = { policy: policy({ riskyDay: cap }) }
  assert.equal(await refusal({ ...risky, class: 'fraud-prone' }), 'FRAUD_CAP_RISKY_DAY')
  assert.equal(await refusal({ ...risky, class: 'special-service' }), 'FRAUD_CAP_RISKY_DAY')
  assert.equal(await refusal({ policy: policy({}, { maximumCallSeconds: 0 }) }), 'FRAUD_MAXIMUM_DURATION')
  assert.equal(await today(), 0)
  await opened(risky)
})

test('an extension may have a cap of its own, above or below the others', async () => {
  const own = policy({ extensionDay: euros(1) }, { extensionDayCaps: { 101: euros(2), 102: ZERO } })
  await opened({ policy: own })
  await opened({ policy: own })
  assert.equal(await refusal({ policy: own }), 'FRAUD_CAP_EXTENSION_DAY')
  assert.equal(await refusal({ policy: own, extension: '102', payer: 'q' }), 'FRAUD_CAP_EXTENSION_DAY')
  await opened({ policy: own, extension: '103', payer: 'r' })
})

test('a call ends at its longest, and is not paid for beyond it', async () => {
  const short = policy({}, { maximumCallSeconds: 90 })
  const { reservation, paidMs } = await opened({ policy: short })
  assert.equal(paidMs, 59_000)
  const more = await budgets.extend(reservation, NOON)
  assert.deepEqual(more.ok && more.value.paidMs, 90_000)
  const last = await budgets.extend(reservation, NOON)
  assert.deepEqual(!last.ok && last.error.rule, 'FRAUD_MAXIMUM_DURATION')
  assert.equal(await today(), 2_000_000)
})

test('unanswered: nothing; answered: what it lasted; the rest goes back; once', async () => {
  const rate = price({ incrementSeconds: 1 })
  const ringing = await opened({ price: rate })
  assert.equal(budgets.close(ringing.reservation, NOON + 60_000), 0)
  assert.equal(await today(), 0)
  const { reservation } = await opened({ price: rate })
  budgets.answered(reservation, NOON + 5_000)
  budgets.answered(reservation, NOON + 9_000)
  assert.equal(budgets.close(reservation, NOON + 12_001), 133_334)
  assert.equal(await today(), 133_334)
  assert.equal(await counter('payer-day', '2026-11-23', 'p'), 133_334)
  assert.equal(await counter('organisation-month', '2026-11'), 133_334)
  assert.equal(budgets.close(reservation, NOON + 99_000), 0)
  assert.equal(await today(), 133_334)
})

test('over midnight each part is charged to the day of its reserving, and given back there', async () => {
  const at = Date.parse('2026-11-30T23:59:50+01:00')
  const { reservation } = await opened({ at })
  budgets.answered(reservation, at)
  assert.ok((await budgets.extend(reservation, at + 55_000)).ok)
  assert.ok((await budgets.extend(reservation, at + 56_000)).ok)
  assert.deepEqual(
    [await counter('organisation-month', '2026-11'), await counter('organisation-month', '2026-12')],
    [1_000_000, 2_000_000],
  )
  assert.equal(budgets.close(reservation, at + 58_000), 1_000_000)
  assert.deepEqual(
    [await counter('organisation-day', '2026-11-30'), await counter('organisation-day', '2026-12-01')],
    [1_000_000, 0],
  )
})

test('closed while more is asked for: what comes is given back', async () => {
  const { reservation } = await opened()
  budgets.answered(reservation, NOON)
  const more = budgets.extend(reservation, NOON + 50_000)
  assert.equal(budgets.extend(reservation, NOON + 50_000), more)
  budgets.close(reservation, NOON + 50_000)
  assert.equal((await more).ok, false)
  assert.equal(await today(), 1_000_000)
})

test('ended later than it had paid for: charged all the same, and told', async () => {
  const told: unknown[] = []
  budgets = createBudgets({
    store,
    nodeId: 'n',
    onStoreError: error => errors.push(error),
    onOverrun: (id, amount) => told.push([id, amount]),
  })
  const { reservation } = await opened({ policy: policy({ organisationDay: euros(1) }) })
  budgets.answered(reservation, NOON)
  assert.equal(budgets.close(reservation, NOON + 61_000), 2_000_000)
  assert.deepEqual(told, [[reservation, 1_000_000]])
  assert.equal(await today(), 2_000_000)
})

test('ended too late while the store is away: charged when it is back', async () => {
  const { charge: well } = store
  const { reservation } = await opened()
  budgets.answered(reservation, NOON)
  store.charge = () => Promise.reject(new Error('gone'))
  budgets.close(reservation, NOON + 61_000)
  assert.equal(await refusal(), 'FRAUD_STORE_GONE')
  assert.equal(await today(), 1_000_000)
  store.charge = well
  const next = await opened()
  budgets.close(next.reservation, NOON)
  await budgets.stop()
  assert.equal(await today(), 2_000_000)
})

test('in life calls are measured by a clock that does not jump', async () => {
  const clock = new ManualClock(NOON)
  budgets = createBudgets({ store, clock, nodeId: 'n', onStoreError: error => errors.push(error) })
  const { reservation } = await opened({ price: price({ incrementSeconds: 1 }) })
  budgets.answered(reservation, clock.now())
  clock.advance(6_000)
  clock.jump(-3_600_000)
  assert.equal(budgets.close(reservation, clock.now()), 100_000)
})

test('a policy of this moment counts for calls that run on', async () => {
  let now = policy()
  budgets = createBudgets({ store, nodeId: 'n', policyOf: () => now, onStoreError: error => errors.push(error) })
  const { reservation } = await opened()
  now = policy({ organisationDay: euros(1) })
  const more = await budgets.extend(reservation, NOON)
  assert.deepEqual(!more.ok && more.error.rule, 'FRAUD_CAP_ORGANISATION_DAY')
})

test('the store gone: what costs is refused, what is free goes on, and it is told', async () => {
  const gone = new Error('gone')
  store = { ...store, charge: () => Promise.reject(gone), refund: () => Promise.reject(gone) }
  budgets = createBudgets({ store, nodeId: 'n', onStoreError: error => errors.push(error) })
  assert.equal(await refusal(), 'FRAUD_STORE_GONE')
  await opened({ price: price({ perMinute: ZERO }) })
  await budgets.stop()
  assert.deepEqual(errors, [gone])
})

test('a price beyond all money is refused', async () => {
  assert.equal(await refusal({ price: price({ perMinute: microsOf(Number.MAX_SAFE_INTEGER) }) }), 'FRAUD_CAP_CALL')
})

test('reservations that nobody closes are bounded and told; what they were charged stays', async () => {
  const forgotten: string[] = []
  const onForgotten = (id: string): number => forgotten.push(id)
  budgets = createBudgets({ store, nodeId: 'n', capacity: 2, onForgotten, onStoreError: error => errors.push(error) })
  const first = await opened()
  const second = await opened()
  assert.ok((await budgets.extend(first.reservation, NOON)).ok)
  await opened()
  assert.deepEqual(forgotten, [second.reservation])
  assert.equal(budgets.close(second.reservation, NOON), 0)
  assert.equal(await today(), 4_000_000)
  const more = await budgets.extend(second.reservation, NOON)
  assert.deepEqual(!more.ok && more.error.rule, 'FRAUD_NOT_RESERVED')
})

test('what is shown: the caps of the organisation and of whom one asks for', async () => {
  await opened({ class: 'fraud-prone' })
  const shown = await budgets.show(policy(), 'Europe/Berlin', NOON, [{ payer: 'p', extension: '101' }])
  assert.deepEqual(
    shown.map(each => [each.key.scope, each.key.period, each.charged, each.cap]),
    [
      ['organisation-day', '2026-11-23', 1_000_000, 150_000_000],
      ['organisation-month', '2026-11', 1_000_000, 1_500_000_000],
      ['risky-day', '2026-11-23', 1_000_000, 5_000_000],
      ['payer-day', '2026-11-23', 1_000_000, 20_000_000],
    ],
  )
})

test('local dates: midnight, both ways of daylight-saving time, zones of all kinds', () => {
  for (const [text, zone, date] of [
    ['2026-03-28T22:59:59.999Z', 'Europe/Berlin', '2026-03-28'],
    ['2026-03-28T23:00:00.000Z', 'Europe/Berlin', '2026-03-29'],
    ['2026-03-29T21:59:59.999Z', 'Europe/Berlin', '2026-03-29'],
    ['2026-03-29T22:00:00.000Z', 'Europe/Berlin', '2026-03-30'],
    ['2026-10-25T22:59:59.999Z', 'Europe/Berlin', '2026-10-25'],
    ['2026-10-25T23:00:00.000Z', 'Europe/Berlin', '2026-10-26'],
    // Midnight does not exist, or comes twice.
    ['2026-09-06T03:59:59.999Z', 'America/Santiago', '2026-09-05'],
    ['2026-09-06T04:00:00.000Z', 'America/Santiago', '2026-09-06'],
    ['2026-04-05T03:30:00.000Z', 'America/Santiago', '2026-04-04'],
    ['2026-04-05T04:00:00.000Z', 'America/Santiago', '2026-04-05'],
    ['2026-11-22T18:14:59.999Z', 'Asia/Kathmandu', '2026-11-22'],
    ['2026-11-22T18:15:00.000Z', 'Asia/Kathmandu', '2026-11-23'],
    ['2026-12-31T23:59:59.999Z', 'No/Where', '2026-12-31'],
    ['2026-11-23T10:00:00.000Z', 'Pacific/Kiritimati', '2026-11-24'],
  ] as const) {
    assert.equal(localDate(Date.parse(text), zone), date, `${text} in ${zone}`)
  }
})
