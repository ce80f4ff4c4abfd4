/** The contract of kept answers: in memory, and in the embedded PostgreSQL. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createIdempotency, createIdempotencyMemory, type IdempotencyRepository } from '../api/http/idempotency.ts'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { createDatabase, type Database } from './database.ts'
import { createKeptAnswerRepository } from './kept-answer-repository.ts'
import { openTestStore, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const NOW = 1_000_000
const folder = temporaryFolder()
let store: Store
let raw: Database

before(async () => {
  store = await openTestStore(folder.path)
  const password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  const host = join(folder.path, 'database', 'run')
  const connection = { host, port: 5432, user: 'ringfence', password, database: 'postgres' }
  raw = createDatabase({ connection, clock: systemClock, logger: silentLogger })
})
after(async () => {
  await raw.close()
  await store.close()
  folder.remove()
})

const kinds: Readonly<Record<string, () => IdempotencyRepository>> = {
  'in memory': () => createIdempotencyMemory(),
  'in PostgreSQL': () => store.keptAnswers,
}

for (const [kind, open] of Object.entries(kinds)) {
  const name = (text: string): string => `${kind} ${text}`
  const entry = (text: string, until = NOW + 100) => ({ name: name(text), request: 'r', until, answer: undefined })

  test(`${kind} a request begins once, until its time is over`, async () => {
    const repository = open()
    assert.equal(await repository.begin(entry('a'), NOW), undefined)
    assert.deepEqual(await repository.begin({ ...entry('a'), request: 'other' }, NOW), entry('a'))
    await repository.finish(name('a'), 'sealed')
    assert.deepEqual(await repository.begin(entry('a'), NOW + 99), { ...entry('a'), answer: 'sealed' })
    const later = { ...entry('a', NOW + 300), request: 'later' }
    assert.equal(await repository.begin(later, NOW + 100), undefined)
    assert.deepEqual(await repository.begin(entry('a'), NOW + 101), later)
  })

  test(`${kind} of many that begin at the same moment one does`, async () => {
    const repository = open()
    const begun = await Promise.all(Array.from({ length: 20 }, () => repository.begin(entry('b'), NOW)))
    assert.equal(begun.filter(each => each === undefined).length, 1)
  })

  test(`${kind} what is forgotten may begin again`, async () => {
    const repository = open()
    await repository.begin(entry('c'), NOW)
    await repository.forget(name('c'))
    assert.equal(await repository.begin(entry('c'), NOW), undefined)
  })
}

test('what stands in the store opens no answer', async () => {
  const idempotency = createIdempotency(store.keptAnswers, () => NOW)
  const begun = await idempotency.begin('person 1', 'a-fresh-key', 'POST /devices')
  assert.equal(begun.kind, 'new')
  const answer = { status: 201, body: '{"password":"correct-horse"}', type: 'application/json' }
  if (begun.kind === 'new') await begun.done(answer)
  const rows = await raw.query({ text: 'SELECT * FROM kept_answers' })
  assert.doesNotMatch(JSON.stringify(rows), /correct-horse|a-fresh-key|person 1/)
  assert.deepEqual(await idempotency.begin('person 1', 'a-fresh-key', 'POST /devices'), { kind: 'answered', answer })
  assert.equal((await idempotency.begin('person 1', 'a-fresh-key', 'POST /trunks')).kind, 'other')
  assert.equal((await idempotency.begin('person 2', 'a-fresh-key', 'POST /devices')).kind, 'new')
})

test('no more are kept than there is room for', async () => {
  const entries = Array.from({ length: 12 }, (_, index) => `room ${index}`)
  await raw.query({ text: 'DELETE FROM kept_answers' })
  for (const [index, name] of entries.entries()) {
    const until = NOW + 1_000 + index
    await createKeptAnswerRepository(raw, 5).begin({ name, request: 'r', until, answer: undefined }, NOW)
  }
  const rows = await raw.query({ text: 'SELECT name FROM kept_answers' })
  assert.ok(rows.length <= 6, String(rows.length))
  assert.ok(rows.some(row => row['name'] === 'room 11'))
})
