/** The repositories on the real embedded PostgreSQL. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RingfenceEvent } from '../events/catalogue.ts'
import {
  binding,
  callRecord,
  device,
  ended,
  event,
  extension,
  openTestStore,
  organisation,
  temporaryFolder,
} from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const folder = temporaryFolder()
const owner = organisation()
let store: Store
before(async () => {
  store = await openTestStore(folder.path)
  await store.directory.insertOrganisation(owner)
})
after(async () => {
  await store.close()
  folder.remove()
})

async function reopen(): Promise<void> {
  await store.close()
  store = await openTestStore(folder.path)
}

test('the directory comes back as it was written', async () => {
  const reception = extension(owner.id, '101')
  const phones = [device(reception, 'user-one'), device(reception, 'user-two')]
  await store.directory.insertExtension(reception)
  await store.directory.insertDevices(phones)
  const suspended = { ...reception, state: 'suspended' as const, suspendedReason: 'stolen' }
  await store.directory.updateExtension(suspended)
  await reopen()
  const loaded = await store.directory.load()
  assert.deepEqual(loaded.organisations, [owner])
  assert.deepEqual(loaded.extensions, [suspended])
  assert.deepEqual(new Set(loaded.devices), new Set(phones))
  await store.directory.deleteDevice(phones[0]!.id)
  assert.deepEqual((await store.directory.load()).devices, [phones[1]])
})

test('an import is whole or nothing', async () => {
  const fresh = extension(owner.id, '900')
  const again = device(fresh, 'user-two')
  await assert.rejects(store.directory.insertImported([fresh], [device(fresh, 'user-three'), again]), {
    code: 'STORE_WRITE_REFUSED',
  })
  assert.equal(
    (await store.directory.load()).extensions.some(each => each.number === '900'),
    false,
  )
})

test('removing an extension removes its devices and bindings', async () => {
  const gone = extension(owner.id, '103')
  const phone = device(gone, 'user-gone')
  await store.directory.insertExtension(gone)
  await store.directory.insertDevices([phone])
  await store.bindings.save([binding(phone, 'sip:gone@192.0.2.1')])
  await store.directory.deleteExtension(gone.id)
  assert.deepEqual(await store.bindings.load(Date.now()), [])
  assert.equal(
    (await store.directory.load()).devices.some(each => each.id === phone.id),
    false,
  )
})

test('bindings: the newest state of each, hostile text included, expired ones gone', async () => {
  const phone = device(extension(owner.id, '104'), 'user-bindings')
  const first = binding(phone, 'sip:a@192.0.2.1')
  const second = { ...binding(phone, `sip:${'b'.repeat(5_000)}@192.0.2.1`), instanceId: undefined, regId: undefined }
  const expired = binding(phone, 'sip:c@192.0.2.1', Date.now() - 1)
  await Promise.all([
    store.bindings.save([first, second, expired]),
    store.bindings.save([{ ...first, cseq: 7 }]),
    store.bindings.remove([first]),
    store.bindings.save([{ ...first, cseq: 9 }]),
  ])
  await reopen()
  const loaded = await store.bindings.load(Date.now())
  assert.deepEqual(
    loaded.toSorted((a, b) => a.contact.length - b.contact.length),
    [{ ...first, cseq: 9 }, JSON.parse(JSON.stringify(second))],
  )
  await store.bindings.remove(loaded)
  assert.deepEqual(await store.bindings.load(Date.now()), [])
})

test('a call record is updated by id; the list is newest first, before a time, live ones among them', async () => {
  const records = [1_000, 2_000, 3_000, 4_000].map(time => callRecord(owner.id, time))
  await Promise.all(records.map(record => store.calls.save(record)))
  await Promise.all([store.calls.save(ended(records[0]!, 9_000)), store.calls.save(ended(records[2]!, 9_500))])
  const listed = await store.calls.list({ organisationId: owner.id, limit: 10 })
  assert.deepEqual(
    listed.map(record => record.startedAt),
    [4_000, 3_000, 2_000, 1_000],
  )
  assert.deepEqual(
    listed.map(record => record.endedAt),
    [undefined, 9_500, undefined, 9_000],
  )
  assert.deepEqual(
    (await store.calls.list({ before: 3_000, limit: 1 })).map(record => record.startedAt),
    [2_000],
  )
  assert.deepEqual(await store.calls.list({ organisationId: organisation().id, limit: 10 }), [])
  await Promise.all([records[1]!, records[3]!].map(record => store.calls.save(ended(record))))
  assert.deepEqual(await store.calls.closeOrphans(Date.now()), [])
})

test('an open record and its end in one batch leave an ended call', async () => {
  const record = callRecord(owner.id, 5_000)
  await Promise.all([store.calls.save(record), store.calls.save(ended(record, 6_000))])
  const [listed] = await store.calls.list({ limit: 1 })
  assert.equal(listed?.endedAt, 6_000)
})

test('a record that cannot be stored is refused, its neighbours are not', async () => {
  const good = callRecord(owner.id, 7_000)
  const bad = { ...callRecord(owner.id), id: 'no-uuid' as typeof good.id }
  const outcomes = await Promise.allSettled([store.calls.save(bad), store.calls.save(ended(good))])
  assert.deepEqual(
    outcomes.map(outcome => outcome.status),
    ['rejected', 'fulfilled'],
  )
})

test('events: positions without holes in order of append, over a restart', async () => {
  const details = Array.from({ length: 2_500 }, (_, number) => `event ${number} "quoted" \\ \n \u0000`)
  const firstHalf = details.slice(0, 1_700)
  await Promise.all(firstHalf.map(detail => store.events.append(event(detail))))
  await reopen()
  for (const detail of details.slice(1_700)) void store.events.append(event(detail))
  await store.close()
  store = await openTestStore(folder.path)
  const logged = await store.events.query({ after: 0, limit: 5_000 })
  assert.deepEqual(
    logged.map(each => each.position),
    details.map((_, number) => number + 1),
  )
  assert.deepEqual(
    logged.map(each => (each.event.data as { detail: string }).detail),
    details,
  )
})

test('events are found by time, type, prefix and organisation; without a start the newest', async () => {
  const started: RingfenceEvent = {
    ...event('x', 10_000_000_000_000),
    organisationId: owner.id,
    type: 'call.ringing',
    severity: 'info',
    data: { callId: 'c', devices: 2 },
  }
  await store.events.append(started)
  const newest = await store.events.query({ limit: 2 })
  assert.equal(newest.length, 2)
  assert.deepEqual(newest[1]?.event, started)
  assert.ok(newest[0]!.position < newest[1]!.position)
  assert.equal((await store.events.query({ since: 9_000_000_000_000, limit: 10 })).length, 1)
  assert.equal((await store.events.query({ types: ['call.'], limit: 10 })).length, 1)
  assert.equal((await store.events.query({ types: ['call.ringing'], after: 0, limit: 10 })).length, 1)
  assert.equal((await store.events.query({ types: ['call.ended', 'media.'], limit: 10 })).length, 0)
  assert.equal((await store.events.query({ organisationId: owner.id, limit: 10 })).length, 1)
})
