/** Two processes on one PostgreSQL server, a server that hangs, and one that is not there. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kill } from 'node:process'
import { after, before, test } from 'node:test'
import { callRecord, event, openTestStore, organisation, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const folders = [temporaryFolder(), temporaryFolder()] as const
const owner = organisation()
let first: Store
let second: Store

before(async () => {
  first = await openTestStore(folders[0].path, { statementTimeout: 400 })
  const password = readFileSync(join(folders[0].path, 'keys', 'database.password'), 'utf8').trim()
  const socket = encodeURIComponent(join(folders[0].path, 'database', 'run'))
  second = await openTestStore(folders[1].path, {
    url: `postgres://ringfence:${password}@${socket}/postgres`,
    statementTimeout: 400,
  })
  await first.directory.insertOrganisation(owner)
})
after(async () => {
  await second.close()
  await first.close()
  for (const folder of folders) folder.remove()
})

test('two nodes append at once: one order, no holes', async () => {
  const appended: Promise<void>[] = []
  for (let number = 0; number < 3_000; number++) {
    appended.push((number % 2 === 0 ? first : second).events.append(event(`${number}`)))
    if (number % 500 === 0) await Promise.all(appended)
  }
  await Promise.all(appended)
  const logged = await second.events.query({ after: 0, limit: 10_000 })
  assert.deepEqual(
    logged.map(each => each.position),
    logged.map((_, index) => index + 1),
  )
  const numbers = logged.map(each => Number((each.event.data as { detail: string }).detail))
  for (const parity of [0, 1]) {
    const own = numbers.filter(number => number % 2 === parity)
    assert.equal(own.length, 1_500)
    assert.deepEqual(
      own,
      own.toSorted((a, b) => a - b),
    )
  }
})

test('the calls of a node that lives are not orphans of another', async () => {
  await first.calls.save(callRecord(owner.id))
  assert.deepEqual(await second.calls.closeOrphans(Date.now()), [])
  const closed = await second.calls.closeOrphans(Date.now() + 120_000)
  assert.equal(closed.length, 1, 'a node that was silent for two minutes holds no calls')
})

/** The backends that serve connections, not the postmaster. */
function backends(postmaster: number): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === postmaster
      } catch {
        return false
      }
    })
}

test('a database that hangs is an outage within the time-out; afterwards each event is there exactly once', async () => {
  const before = (await first.events.query({ limit: 1 }))[0]!.position
  const stopped = backends(first.databasePid!)
  const pending = Array.from({ length: 100 }, (_, number) => first.events.append(event(`hanging ${number}`)))
  const refused = assert.rejects(first.calls.save(callRecord(owner.id)), { code: 'STORE_UNAVAILABLE' })
  for (const pid of stopped) kill(pid, 'SIGSTOP')
  const startedAt = performance.now()
  await refused
  assert.ok(performance.now() - startedAt < 2_000)
  assert.equal(first.available, false)
  // Long enough for the events' own statement, sent 40 ms later, to be given up as well.
  while (performance.now() - startedAt < 700) await new Promise(resolve => setImmediate(resolve))
  for (const pid of stopped) kill(pid, 'SIGCONT')
  await Promise.all(pending)
  const logged = await first.events.query({ after: before, limit: 1_000 })
  assert.deepEqual(
    logged.map(each => (each.event.data as { detail: string }).detail),
    pending.map((_, number) => `hanging ${number}`),
  )
})

test('a server that is not there is said in one line', async () => {
  const folder = temporaryFolder()
  await assert.rejects(
    openTestStore(folder.path, { url: 'postgres://ringfence:secret@127.0.0.1:1/ringfence' }),
    error => {
      const { code, message } = error as { code: string; message: string }
      assert.equal(code, 'STORE_START_FAILED')
      assert.match(message, /^the database server of store\.url cannot be used: .*ECONNREFUSED/)
      assert.doesNotMatch(message, /secret|\n/)
      return true
    },
  )
  folder.remove()
})
