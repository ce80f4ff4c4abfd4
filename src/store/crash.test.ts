/** What is left after kill -9: of the server, of the database, of both; and two servers on one folder. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath, kill } from 'node:process'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { CallRecord } from '../call/call-record.ts'
import { callRecord, ended, event, openTestStore, organisation, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: Store | undefined
let child: ChildProcess | undefined
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await store?.close()
  folder.remove()
  child = undefined
  store = undefined
})

interface ChildState {
  readonly databasePid: number
  readonly ids: readonly string[]
  readonly acknowledged: number
}

/** Runs the child until it has acknowledged 20 events, then kills it without a word. */
async function crash(calls: number): Promise<ChildState> {
  const script = fileURLToPath(new URL('./test-support/crash-child.ts', import.meta.url))
  const process = spawn(execPath, [script, folder.path, String(calls)], { stdio: ['ignore', 'pipe', 'inherit'] })
  child = process
  let state: ChildState | undefined
  let acknowledged = -1
  for await (const line of createInterface({ input: process.stdout })) {
    const said = JSON.parse(line) as Partial<ChildState>
    if (said.ids !== undefined) state = said as ChildState
    acknowledged = said.acknowledged ?? acknowledged
    if (acknowledged >= 20) process.kill('SIGKILL')
  }
  assert.ok(state)
  return { ...state, acknowledged }
}

function byId(a: CallRecord, b: CallRecord): number {
  return a.id < b.id ? -1 : 1
}

test('kill -9 under 200 calls: all have their record, with the last time that is known, and no event is lost', async () => {
  const state = await crash(200)
  const crashedAt = Date.now()
  const before = performance.now()
  store = await openTestStore(folder.path)
  const startMs = performance.now() - before
  // A bound against hanging; the aim of 3 s is measured, not tested: this machine may be busy.
  assert.ok(startMs < 30_000, `started again after ${startMs} ms`)
  const orphans = (await store.calls.closeOrphans(Date.now())).toSorted(byId)
  assert.deepEqual(
    orphans.map(record => record.id),
    state.ids.toSorted(),
  )
  for (const record of orphans) {
    assert.deepEqual(record.end, { side: 'system', cause: 'system-crash', sipCode: 0 })
    assert.deepEqual([record.from, record.to, record.legs.length], ['101', '102', 2])
    assert.ok(record.endedAt! >= record.startedAt && record.endedAt! <= crashedAt, 'the end lies in the call')
  }
  assert.deepEqual(await store.calls.closeOrphans(Date.now()), [])
  const listed = (await store.calls.list({ limit: 1_000 })).toSorted(byId)
  assert.deepEqual(listed, orphans)
  const events = await store.events.query({ after: 0, limit: 10_000 })
  assert.deepEqual(
    events.map(each => each.position),
    events.map((_, index) => index + 1),
  )
  const details = events.map(each => (each.event.data as { detail: string }).detail)
  assert.deepEqual(details.slice(0, 200).toSorted(), state.ids.toSorted())
  const acknowledged = details.slice(200)
  assert.deepEqual(
    acknowledged,
    acknowledged.map((_, number) => `acknowledged ${number}`),
  )
  assert.ok(acknowledged.length > state.acknowledged)
})

test('kill -9 of server and database together', async () => {
  const script = crash(50)
  const state = await script
  try {
    kill(state.databasePid, 'SIGKILL')
  } catch {
    // It had ended with its parent.
  }
  store = await openTestStore(folder.path)
  assert.equal((await store.calls.closeOrphans(Date.now())).length, 50)
})

test('a postmaster.pid whose number belongs to another process now does not stop the start', async () => {
  store = await openTestStore(folder.path)
  await store.close()
  const pid = join(folder.path, 'database', 'data', 'postmaster.pid')
  writeFileSync(pid, `${process.pid}\n${join(folder.path, 'database', 'data')}\n1\n5432\n/nowhere\n\n 1 1\nready\n`)
  store = await openTestStore(folder.path)
  assert.equal(store.available, true)
})

test('kill -9 of the database: told once, urgent writes refused, patient ones kept in order, back within 3 s', async () => {
  const told: string[] = []
  let lost = -1
  let buffered = -1
  const back = Promise.withResolvers<void>()
  store = await openTestStore(folder.path, {
    observer: {
      unavailable: () => void told.push('unavailable'),
      recovered: report => {
        told.push('recovered')
        lost = report.eventsLost
        buffered = report.eventsBuffered
        back.resolve()
      },
    },
  })
  const owner = organisation()
  await store.directory.insertOrganisation(owner)
  const call = callRecord(owner.id)
  await store.calls.save(call)
  await store.events.append(event('before'))
  const killedAt = performance.now()
  kill(store.databasePid!, 'SIGKILL')
  while (store.available) await store.directory.load().catch(() => undefined)
  await assert.rejects(store.calls.save(callRecord(owner.id)), { code: 'STORE_UNAVAILABLE' })
  await assert.rejects(store.calls.list({ limit: 1 }), { code: 'STORE_UNAVAILABLE' })
  const patient = [store.calls.save(ended(call, 77_000_000_000_000))]
  for (let number = 0; number < 1_500; number++) patient.push(store.events.append(event(`while away ${number}`)))
  await back.promise
  await Promise.all(patient)
  assert.ok(performance.now() - killedAt < 30_000, `back after ${performance.now() - killedAt} ms`)
  assert.deepEqual(told, ['unavailable', 'recovered'])
  assert.deepEqual([lost, buffered], [0, 1_500])
  assert.equal((await store.calls.list({ limit: 1 }))[0]?.endedAt, 77_000_000_000_000)
  const details = (await store.events.query({ after: 0, limit: 10_000 })).map(
    each => (each.event.data as { detail: string }).detail,
  )
  assert.deepEqual(details, ['before', ...Array.from({ length: 1_500 }, (_, number) => `while away ${number}`)])
})

test('events beyond the buffer are refused and counted while the database is away', async () => {
  const report = Promise.withResolvers<{ eventsLost: number; eventsBuffered: number }>()
  store = await openTestStore(folder.path, { observer: { recovered: each => report.resolve(each) } })
  kill(store.databasePid!, 'SIGKILL')
  while (store.available) await store.directory.load().catch(() => undefined)
  let refused = 0
  const kept: Promise<void>[] = []
  for (let number = 0; number < 100_250; number++) {
    const appended = store.events.append(event(`${number}`))
    if (number < 100_000) kept.push(appended)
    else {
      await assert.rejects(appended, { code: 'STORE_OVERLOADED' })
      refused++
    }
  }
  const told = await report.promise
  assert.deepEqual([refused, told.eventsLost, told.eventsBuffered], [250, 250, 100_000])
  await Promise.all(kept)
  const last = await store.events.query({ limit: 1 })
  assert.equal(last[0]?.position, 100_000)
})

test('a second server on the same folder is refused with the first one’s process id', async () => {
  store = await openTestStore(folder.path)
  await assert.rejects(openTestStore(folder.path), {
    code: 'STORE_IN_USE',
    message: `another ringfence process (pid ${process.pid}) uses ${folder.path}; stop it, or name another folder with --data`,
  })
  await store.close()
  store = await openTestStore(folder.path)
  assert.equal(readFileSync(join(folder.path, 'ringfence.pid'), 'utf8'), `${process.pid}\n`)
})
