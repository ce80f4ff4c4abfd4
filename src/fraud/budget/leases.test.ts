/** What is charged in advance, granted at once, given back; and what it never stands in the way of. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { budgetStoreContract, claim, keysOf } from '../../../test/support/budget-store-contract.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Micros } from '../rating/money.ts'
import { createLeases, type Leases } from './leases.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import type { BudgetKey, BudgetStore } from './types.ts'

const errors: unknown[] = []
const CAP = 1_000
let clock: ManualClock
let store: BudgetStore
let leases: Leases
let day: BudgetKey
let payer: BudgetKey

beforeEach(() => {
  clock = new ManualClock()
  errors.length = 0
  store = createMemoryBudgetStore()
  leases = node()
  const key = keysOf()
  day = key('organisation-day')
  payer = key('payer-day', 'p')
})

function node(more: object = {}): Leases {
  return createLeases({ store, clock, onStoreError: error => errors.push(error), ...more })
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const durable = async (key = day): Promise<number> => (await store.charged([key]))[0]!
const charge = async (amount: number, cap = CAP, of = leases): Promise<boolean> =>
  (await of.charge([[claim(day, amount, cap)]]))[0]!.granted

const contracted = createLeases({
  store: createMemoryBudgetStore(),
  clock: new ManualClock(),
  onStoreError: error => assert.fail(String(error)),
})
budgetStoreContract('leases', () => contracted)

test('the second of the same size is granted without the store; at most a twentieth of the cap is held', async () => {
  assert.equal(await charge(2), true)
  await settled()
  assert.equal(await durable(), 2 + 50)
  store.charge = () => assert.fail('asked')
  assert.equal(await charge(2), true)
  assert.deepEqual(await leases.charged([day]), [4])
  assert.equal(await durable(), 52)
})

test('of one payer the whole share is held, of an organisation some chunks', async () => {
  await leases.charge([[claim(payer, 1, 100_000), claim(day, 1, 100_000)]])
  await settled()
  assert.deepEqual([await durable(payer), await durable()], [1 + 5_000, 1 + 64])
})

test('a chunk dearer than a twentieth of the cap is always exact', async () => {
  for (let round = 0; round < 3; round++) await charge(51)
  await settled()
  assert.equal(await durable(), 153)
})

test('it is filled up in the background, and not near the cap', async () => {
  for (let spent = 2; spent <= 700; spent += 2) {
    assert.equal(await charge(2), true)
    await settled()
    const held = (await durable()) - spent
    assert.ok(held >= 0 && held <= 50, `${held} held with ${spent} spent`)
  }
  for (let spent = 702; spent <= CAP; spent += 2) assert.equal(await charge(2), true, `${spent}`)
  assert.equal(await charge(1), false)
  assert.deepEqual([await durable(), await leases.charged([day])], [CAP, [CAP]])
})

test('our own headroom never stands in the way: not of a dear one, not of many at once', async () => {
  await charge(2)
  await settled()
  assert.equal(await charge(CAP - 2), true)
  assert.equal(await charge(1), false)
  await leases.refund([{ key: day, amount: CAP as Micros }])
  clock.advance(60_000)
  await charge(2)
  await settled()
  // The first takes the headroom and fails at another counter; the second fits for all that.
  const dear = [claim(day, 900, CAP), claim(payer, 900, 10)]
  const [first, second] = await Promise.all([leases.charge([dear]), leases.charge([[claim(day, CAP - 2, CAP)]])])
  assert.deepEqual(first, [{ granted: false, key: payer, left: 10 }])
  assert.deepEqual(second, [{ granted: true }])
})

test('what is left is told with our own headroom', async () => {
  await charge(2)
  await settled()
  const [outcome] = await leases.charge([[claim(day, CAP, CAP)]])
  assert.deepEqual(outcome, { granted: false, key: day, left: CAP - 2 })
})

test('a cap that was lowered counts at once, headroom or not', async () => {
  await charge(2)
  await settled()
  assert.equal(await charge(2, 40), false)
  assert.equal(await charge(2, 2), false)
  assert.equal(await charge(2, CAP), true)
})

test('what is given back becomes headroom, and beyond that goes to the store', async () => {
  await charge(2)
  await settled()
  for (let round = 0; round < 10; round++) await charge(2)
  await leases.refund([{ key: day, amount: 22 as Micros }])
  assert.deepEqual(await leases.charged([day]), [0])
  const before = await durable()
  assert.ok(before <= 52)
  clock.advance(40_000)
  await settled()
  assert.equal(await durable(), 0)
})

test('headroom goes back when nobody uses it, and at the end', async () => {
  await leases.charge([[claim(payer, 1, CAP), claim(day, 1, CAP)]])
  await settled()
  clock.advance(29_000)
  assert.deepEqual([await durable(payer), await durable()], [51, 51])
  clock.advance(6_000)
  assert.deepEqual([await durable(payer), await durable()], [1, 1])
  await charge(1)
  await settled()
  assert.equal(await durable(), 52)
  await leases.stop()
  assert.equal(await durable(), 2)
  assert.equal(await charge(1), true)
  await settled()
  assert.deepEqual([await durable(), clock.pendingCount], [3, 0])
})

test('prepared: the first is granted without the store; kept for two minutes; not past half of the cap', async () => {
  await store.charge([[claim(payer, 501, CAP)]])
  await leases.prepare([payer, day].map(key => ({ key, cap: CAP as Micros })))
  await settled()
  assert.deepEqual([await durable(payer), await durable()], [501, 50])
  const { charge: well } = store
  store.charge = () => assert.fail('asked')
  assert.equal(await charge(2), true)
  store.charge = well
  clock.advance(119_000)
  assert.ok((await durable()) > 2)
  clock.advance(40_000)
  assert.equal(await durable(), 2)
})

test('a crash leaves charged what was held', async () => {
  await charge(2)
  await settled()
  const next = node()
  assert.equal(await charge(948, CAP, next), true)
  assert.equal(await charge(1, CAP, next), false)
})

test('the store gone: nothing is granted, headroom or not, until it answers again', async () => {
  await charge(2)
  await settled()
  const { charge: well } = store
  store.charge = () => Promise.reject(new Error('gone'))
  await assert.rejects(leases.charge([[claim(payer, 1, CAP), claim(day, 1, CAP)]]))
  await assert.rejects(charge(2))
  store.charge = well
  assert.equal(await charge(2), true)
  assert.deepEqual(await leases.charged([day]), [4])
  let isThere = true
  leases = node({ available: () => isThere })
  await charge(2)
  await settled()
  isThere = false
  store.charge = () => Promise.reject(new Error('gone'))
  await assert.rejects(charge(2))
})

test('counters are bounded: the oldest gives back what it holds', async () => {
  leases = node({ capacity: 1 })
  await charge(2)
  await settled()
  await leases.charge([[claim(payer, 2, CAP)]])
  await settled()
  assert.equal(await durable(), 2)
})
