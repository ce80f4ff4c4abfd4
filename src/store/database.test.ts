/** Long answers: they end at their time, and nobody takes them for an outage. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { createDatabase, type Database } from './database.ts'
import { openTestStore, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const folder = temporaryFolder()
let store: Store
let database: Database

before(async () => {
  store = await openTestStore(folder.path)
  const password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  const connection = {
    host: join(folder.path, 'database', 'run'),
    port: 5432,
    user: 'ringfence',
    password,
    database: 'postgres',
  }
  database = createDatabase({ connection, clock: systemClock, logger: silentLogger, statementTimeout: 300 })
})
after(async () => {
  await database.close()
  await store.close()
  folder.remove()
})

test('a question that takes too long is ended, said, and not an outage', async () => {
  const slow = database.read({ text: 'SELECT pg_sleep(20)' })
  await assert.rejects(slow, { code: 'STORE_QUERY_TOO_LONG' })
  assert.equal(database.available, true)
  assert.deepEqual(await database.read({ text: 'SELECT 1 AS one' }), [{ one: 1 }])
})

test('many long questions at once hold up no other work', async () => {
  const slow = Array.from({ length: 20 }, () => database.read({ text: 'SELECT pg_sleep(20)' }))
  const ended = Promise.allSettled(slow)
  assert.deepEqual(await database.query({ text: 'SELECT 2 AS two' }), [{ two: 2 }])
  assert.equal(await database.transaction(async () => 'done'), 'done')
  for (const each of await ended) {
    assert.equal(each.status === 'rejected' && each.reason.code, 'STORE_QUERY_TOO_LONG')
  }
  assert.equal(database.available, true)
})

test('a wrong question is refused as wrong', async () => {
  await assert.rejects(database.read({ text: 'SELECT nothing FROM nowhere' }), { code: 'STORE_WRITE_REFUSED' })
  assert.equal(database.available, true)
})
