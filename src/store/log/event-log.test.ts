/** A batch of events is written once, however its answer went astray. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import type { Database, Statement } from '../database.ts'
import { createDatabase } from '../database.ts'
import { StoreError } from '../errors.ts'
import { createEventLog } from './event-log.ts'
import { event, openSealer, openTestStore, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'

const folder = temporaryFolder()
const HOME = '00000000-0000-7000-8000-000000000001'
let store: Store
let database: Database

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

const open = (on: Database) =>
  createEventLog({ database: on, clock: systemClock, logger: silentLogger, sealer: openSealer, home: HOME })

const lostAnswer = () => new StoreError('STORE_UNAVAILABLE', 'the answer was lost')

/** The database, with `fate` deciding what becomes of each append. */
function withFate(fate: (statement: Statement, attempt: number) => Promise<readonly object[]>): Database {
  let attempts = 0
  return {
    ...database,
    available: true,
    query: statement =>
      statement.name === 'append-events'
        ? (fate(statement, attempts++) as ReturnType<Database['query']>)
        : database.query(statement),
  }
}

async function details(): Promise<readonly string[]> {
  const logged = await store.events.query({ after: 0, limit: 1_000 })
  assert.deepEqual(
    logged.map(each => each.position),
    logged.map((_, index) => index + 1),
  )
  return logged.map(each => (each.event.data as { detail: string }).detail)
}

test('committed, and the answer lost: not written again', async () => {
  const log = await open(
    withFate(async (statement, attempt) => {
      const rows = await database.query(statement)
      if (attempt === 0) throw lostAnswer()
      return rows
    }),
  )
  await Promise.all([log.append(event('one')), log.append(event('two'))])
  await log.append(event('three'))
  assert.deepEqual(await details(), ['one', 'two', 'three'])
})

test('given up, written again, and only then committed by the first attempt: still once', async () => {
  let first: Statement | undefined
  const log = await open(
    withFate(async (statement, attempt) => {
      if (attempt === 0) {
        first = statement
        throw lostAnswer()
      }
      return database.query(statement)
    }),
  )
  await log.append(event('four'))
  assert.deepEqual(await database.query(first!), [])
  await log.append(event('five'))
  assert.deepEqual((await details()).slice(3), ['four', 'five'])
})

test('what a process that was killed had sent comes too late for its successor', async () => {
  let first: Statement | undefined
  const killed = await open(
    withFate(async statement => {
      first = statement
      return new Promise(() => undefined)
    }),
  )
  void killed.append(event('of the killed'))
  while (first === undefined) await new Promise(resolve => setImmediate(resolve))
  const successor = await open(database)
  assert.deepEqual(await database.query(first), [])
  await successor.append(event('six'))
  assert.deepEqual((await details()).slice(5), ['six'])
})
