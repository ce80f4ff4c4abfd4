/** What is charged or given back is so once, however the answer of the database went astray. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { claim, keysOf } from '../../../test/support/budget-store-contract.ts'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import type { BudgetKey } from '../../fraud/budget/types.ts'
import type { Micros } from '../../fraud/rating/money.ts'
import type { Database, Row, Statement } from '../database.ts'
import { createDatabase } from '../database.ts'
import { StoreError } from '../errors.ts'
import { openTestStore, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'
import { createStoredBudgets, type StoredBudgets } from './budget-store.ts'

type Fate = 'well' | 'answer lost' | 'never arrives' | 'late'

const folder = temporaryFolder()
const HOME = '00000000-0000-7000-8000-000000000001'
let store: Store
let database: Database
let fates: Fate[]
let available: boolean
let late: (() => Promise<readonly Row[]>) | undefined
let budgets: StoredBudgets
let day: BudgetKey

before(async () => {
  store = await openTestStore(folder.path)
  const password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  const host = join(folder.path, 'database', 'run')
  const connection = { host, port: 5432, user: 'ringfence', password, database: 'postgres' }
  database = createDatabase({ connection, clock: systemClock, logger: silentLogger })
})
after(async () => {
  await database.close()
  await store.close()
  folder.remove()
})
beforeEach(async () => {
  fates = []
  available = true
  late = undefined
  day = keysOf()('organisation-day')
  const faulty: Database = {
    ...database,
    get available() {
      return available
    },
    query: withFate,
  }
  budgets = await createStoredBudgets(faulty, systemClock, HOME)
})

async function withFate(statement: Statement): Promise<readonly Row[]> {
  if (statement.name !== 'change-budgets') return database.query(statement)
  const fate = fates.shift() ?? 'well'
  if (fate === 'well') return database.query(statement)
  if (fate === 'answer lost') await database.query(statement)
  if (fate === 'late') late = () => database.query(statement)
  available = false
  budgets.writer.refuseUrgent()
  throw new StoreError('STORE_UNAVAILABLE', fate)
}

const charge = async (amount: number): Promise<boolean> =>
  (await budgets.charge([[claim(day, amount, 100)]]))[0]!.granted
const refund = (amount: number): Promise<void> => budgets.refund([{ key: day, amount: amount as Micros }])
const charged = async (): Promise<number> => (await budgets.charged([day]))[0]!

/** Tries until the next one fails. */
async function outage(): Promise<void> {
  budgets.writer.resume()
  while (available) await new Promise(resolve => setImmediate(resolve))
  // The writer hears of it after the statement.
  await new Promise(resolve => setImmediate(resolve))
}

/** Until all is written, as after an outage. */
async function recover(): Promise<void> {
  available = true
  budgets.writer.resume()
  await budgets.writer.flush()
}

for (const fate of ['answer lost', 'never arrives'] as const) {
  test(`given back, ${fate}: once`, async () => {
    await charge(50)
    fates = [fate]
    const given = refund(20)
    await outage()
    assert.equal(await charged(), fate === 'answer lost' ? 30 : 50)
    await recover()
    await given
    assert.equal(await charged(), 30)
    await refund(10)
    assert.equal(await charged(), 20)
  })

  test(`charged, ${fate}: refused, and not charged in the end`, async () => {
    fates = [fate]
    const given = refund(1)
    await assert.rejects(charge(50), { code: 'STORE_UNAVAILABLE' })
    assert.equal(await charged(), fate === 'answer lost' ? 50 : 0)
    await recover()
    await given
    assert.equal(await charge(100), true)
    assert.equal(await charged(), 100)
  })
}

test('lost again and again: once', async () => {
  await charge(90)
  fates = ['answer lost', 'never arrives', 'answer lost', 'answer lost', 'never arrives']
  const given = refund(20)
  for (let round = 0; fates.length > 0; round++) {
    available = true
    if (round % 2 === 0) await charge(1).catch(() => undefined)
    await outage()
  }
  await recover()
  await given
  await refund(0)
  assert.equal(await charged(), 70)
})

test('a statement that comes after its turn was asked about changes nothing', async () => {
  await charge(50)
  fates = ['late']
  const given = refund(20)
  await outage()
  await recover()
  await given
  assert.equal(await charged(), 30)
  await late!()
  assert.equal(await charged(), 30)
})

test('a statement of a killed process changes nothing once the next one has begun', async () => {
  await charge(50)
  fates = ['late']
  void refund(20)
  await outage()
  budgets.writer.stop()
  await createStoredBudgets(database, systemClock, HOME)
  assert.deepEqual(
    (await late!()).map(row => row['result']),
    [null],
  )
  assert.equal(await charged(), 50)
})

test('somebody else used our row: said, and then it goes on', async () => {
  await createStoredBudgets(database, systemClock, HOME)
  await assert.rejects(charge(50), { code: 'STORE_WRITE_REFUSED' })
  assert.equal(await charge(50), true)
})
