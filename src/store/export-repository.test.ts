/** Exports in the database: sealed, one sender at a time, and a place that only its holder moves. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { silentLogger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { aDestination, NO_PROGRESS } from '../export/test-support/world.ts'
import { createSealer } from '../keys/sealer.ts'
import type { Database } from './database.ts'
import { createDatabase } from './database.ts'
import { createExportRepository } from './export-repository.ts'
import { openTestStore, organisation, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const folder = temporaryFolder()
const sealer = createSealer(Buffer.alloc(32, 3))
const HOME = newId<'NodeId'>(1)
const OTHER = newId<'NodeId'>(2)
let store: Store
let database: Database

before(async () => {
  store = await openTestStore(folder.path, { sealer })
  const password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  const connection = {
    host: join(folder.path, 'database', 'run'),
    port: 5432,
    user: 'ringfence',
    password,
    database: 'postgres',
  }
  database = createDatabase({ connection, clock: systemClock, logger: silentLogger })
})
after(async () => {
  await database.close()
  await store.close()
  folder.remove()
})

test('what is kept comes back, and no secret stands in a column', async () => {
  const of = organisation('exports.example')
  await store.directory.insertOrganisation(of)
  const made = aDestination({ masks: ['names'], filter: 'severity>=notice' }, 'kept')
  const secrets = { ...made.secrets, token: new Secret('a-very-secret-token'), key: new Secret('a-private-key') }
  const destination = { ...made, organisationId: of.id, secrets }
  assert.equal(await store.exports.insert({ destination, progress: { ...NO_PROGRESS, position: 7 } }), true)
  assert.equal(
    await store.exports.insert({ destination: { ...made, id: newId<'Export'>(1) }, progress: NO_PROGRESS }),
    false,
  )
  const [found] = await store.exports.list()
  assert.equal(found?.destination.secrets.token?.reveal(), 'a-very-secret-token')
  assert.equal(found?.destination.secrets.key?.reveal(), 'a-private-key')
  assert.equal(found?.destination.secrets.pseudonyms.reveal(), made.secrets.pseudonyms.reveal())
  assert.deepEqual(found?.destination.settings, JSON.parse(JSON.stringify(made.settings)))
  assert.equal(found?.destination.organisationId, of.id)
  assert.equal(found?.progress.position, 7)
  const rows = await database.query({ text: 'SELECT exports::text FROM exports' })
  assert.doesNotMatch(JSON.stringify(rows), /secret-token|private-key|pseudonyms/)
  await store.exports.delete(made.id)
  assert.deepEqual(await store.exports.list(), [])
})

test('one sends at a time; who lost it moves nothing; who is released is followed at once', async () => {
  const one = createExportRepository(database, sealer, HOME)
  const two = createExportRepository(database, sealer, OTHER)
  const destination = aDestination({}, 'claimed')
  const { id } = destination
  await one.insert({ destination, progress: NO_PROGRESS })
  assert.equal(await one.claim(id, 60_000), 0)
  assert.equal(await two.claim(id, 60_000), undefined)
  await one.saveProgress(id, { ...NO_PROGRESS, position: 12, delivered: 12 })
  await two.saveProgress(id, { ...NO_PROGRESS, position: 5 })
  assert.equal(await one.claim(id, 60_000), 12)
  await one.release(id)
  assert.equal(await two.claim(id, 60_000), 12)
  await one.saveProgress(id, { ...NO_PROGRESS, position: 3 })
  assert.equal((await two.list())[0]?.progress.position, 12)
  // Over by itself, as after a crash.
  assert.equal(await two.claim(id, -1), 12)
  assert.equal(await one.claim(id, 60_000), 12)
  await one.delete(id)
  assert.equal(await one.claim(id, 60_000), undefined)
})
