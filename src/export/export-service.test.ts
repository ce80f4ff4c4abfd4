/** Nothing is lost, nothing is overtaken, and a destination that is away costs nobody anything. */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { silentLogger } from '../base/logger.ts'
import { fail, ok } from '../base/result.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createExportService, type ExportService } from './export-service.ts'
import {
  aDestination,
  anEvent,
  away,
  createMemoryLog,
  createMemoryReceiver,
  createMemoryRepository,
  type MemoryReceiver,
  NO_PROGRESS,
} from './test-support/world.ts'

function world(receiver: MemoryReceiver = createMemoryReceiver(), destination = aDestination()) {
  const clock = new ManualClock()
  const log = createMemoryLog()
  const repository = createMemoryRepository()
  repository.stored.set(destination.id, { destination, progress: NO_PROGRESS })
  const told: RingfenceEvent[] = []
  const events: EventPublisher = {
    publish(type, data, organisationId) {
      const event = { id: newId<'EventId'>(1), type, at: 1, severity: 'info', organisationId, data }
      told.push(event as unknown as RingfenceEvent)
      return event as never
    },
  }
  const context = { host: 'pbx.example.com', version: '0' }
  const create = (): ExportService =>
    createExportService({
      clock,
      log,
      repository,
      events,
      logger: silentLogger,
      context,
      open: () => receiver,
      alarmBehind: 1_000,
    })
  const service = create()
  const append = async (count: number, name = 'e'): Promise<readonly string[]> => {
    const ids: string[] = []
    for (let index = 0; index < count; index++) {
      const event = anEvent(`${name}${index}`)
      await log.append(event)
      service.published(event)
      ids.push(event.id)
    }
    return ids
  }
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 50) {
      clock.advance(50)
      for (let turn = 0; turn < 8; turn++) await setImmediate()
    }
  }
  return { clock, log, repository, told, service, create, append, pass, destination, receiver }
}

test('all events arrive, once, in order, and the place is kept', async () => {
  const { service, append, pass, receiver, repository, destination } = world()
  const before = await append(700)
  await service.start()
  await pass(200)
  const later = await append(900)
  await pass(1_500)
  assert.deepEqual(receiver.received, [...before, ...later])
  assert.equal(service.healthOf(destination.id)?.behind, 0)
  await service.stop()
  assert.equal(repository.stored.get(destination.id)?.progress.position, 1_600)
  assert.equal(repository.stored.get(destination.id)?.progress.delivered, 1_600)
})

test('a day away: few attempts, one event about it, then everything in order', async () => {
  const { service, append, pass, clock, receiver, told, destination } = world()
  let reachable = false
  receiver.answer = () => (reachable ? ok({}) : away('connection refused'))
  await service.start()
  const ids: string[] = [...(await append(3_000))]
  await pass(2_000)
  for (let hour = 0; hour < 24; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000)
      for (let turn = 0; turn < 8; turn++) await setImmediate()
    }
    ids.push(...(await append(20, `h${hour}-`)))
  }
  assert.ok(receiver.sends > 500 && receiver.sends < 3_600, `${receiver.sends} attempts`)
  const failing = told.filter(({ type }) => type === 'export.failing')
  assert.ok(failing.length <= 24 * 6 + 1, `${failing.length} events`)
  assert.equal(told.filter(({ type }) => type === 'export.behind').length, 1)
  assert.equal(service.healthOf(destination.id)?.state, 'failing')
  reachable = true
  await pass(70_000)
  assert.deepEqual(receiver.received, ids)
  assert.equal(told.filter(({ type }) => type === 'export.recovered').length, 1)
  await service.stop()
})

test('without a receipt everything since the last one is sent again, in order', async () => {
  let fine = true
  const receiver = createMemoryReceiver(() => fine)
  const { service, append, pass, repository, destination } = world(receiver)
  await service.start()
  const first = await append(10)
  await pass(4_000)
  assert.deepEqual(receiver.received, first)
  fine = false
  const second = await append(10)
  await pass(1_000)
  assert.equal(repository.stored.get(destination.id)?.progress.position, 10)
  await pass(3_000)
  fine = true
  await pass(10_000)
  assert.deepEqual(receiver.received, [...first, ...second])
  await service.stop()
})

test('killed: a new process begins behind what was kept, and what is sent twice has the same id', async () => {
  const { service, create, append, pass, receiver, repository, destination } = world()
  await service.start()
  const ids = await append(2_500)
  // Nothing is told to the one that is killed: its promises are never heard of again.
  await pass(400)
  const kept = repository.stored.get(destination.id)!.progress.position
  const frozen = repository.stored.get(destination.id)!
  receiver.answer = () => new Promise(() => undefined)
  const next = create()
  receiver.answer = () => ok({})
  repository.stored.set(destination.id, frozen)
  await next.start()
  await pass(3_000)
  assert.ok(kept <= 2_500)
  assert.deepEqual([...new Set(receiver.received)], ids)
  await next.stop()
  await service.stop()
})

test('one event that is refused for good is skipped and told; a destination that refuses everything loses nothing', async () => {
  const { service, append, pass, receiver, told, repository, destination } = world()
  const ids = await append(40)
  const poison = ids[17]!
  receiver.answer = batch =>
    batch.some(({ event }) => event.id === poison) ? fail({ kind: 'refused', detail: '400 bad' }) : ok({})
  await service.start()
  await pass(3_000)
  assert.deepEqual(
    receiver.received,
    ids.filter(id => id !== poison),
  )
  const refusal = told.find(({ type }) => type === 'export.refused')
  assert.deepEqual(refusal?.data, {
    export: 'siem',
    destination: 'syslog logs.example.com:6514',
    events: 1,
    first: 18,
    detail: '400 bad',
  })
  receiver.answer = () => fail({ kind: 'refused', detail: '400 incorrect index' })
  const later = await append(30)
  await pass(20_000)
  assert.equal(repository.stored.get(destination.id)?.progress.position, 40)
  receiver.answer = () => ok({})
  await pass(70_000)
  assert.deepEqual(receiver.received.slice(-30), later)
  assert.equal(repository.stored.get(destination.id)?.progress.refused, 1)
  await service.stop()
})

test('only what is wanted goes there, and the place passes the rest', async () => {
  const { service, log, pass, receiver, repository, destination } = world(
    createMemoryReceiver(),
    aDestination({ filter: 'severity<critical' }),
  )
  await service.start()
  for (let index = 0; index < 5; index++) await log.append(anEvent('critical'))
  const wanted = { ...anEvent('x'), type: 'certificate.refused', severity: 'error', data: { file: 'f', reason: 'r' } }
  await log.append(wanted as RingfenceEvent)
  await log.append(anEvent('critical'))
  await pass(3_000)
  assert.deepEqual(receiver.received, [wanted.id])
  await service.stop()
  assert.equal(repository.stored.get(destination.id)?.progress.position, 7)
})

test('what the log kept no longer is counted and told', async () => {
  const { service, log, append, pass, receiver, told } = world()
  const ids = await append(100)
  log.forget(30)
  await service.start()
  await pass(1_000)
  assert.deepEqual(receiver.received, ids.slice(30))
  assert.deepEqual(told.find(({ type }) => type === 'export.lost')?.data, { export: 'siem', events: 30, after: 0 })
  await service.stop()
})

test('what the log forgot before there was the export is not missed', async () => {
  const destination = { ...aDestination(), createdAt: Date.now() + 60_000 }
  const { service, log, append, pass, receiver, told } = world(createMemoryReceiver(), destination)
  const ids = await append(100)
  log.forget(30)
  await service.start()
  await pass(1_000)
  assert.deepEqual(receiver.received, ids.slice(30))
  assert.equal(told.filter(({ type }) => type === 'export.lost').length, 0)
  await service.stop()
})

test('the database away: waits, and goes on', async () => {
  const { service, log, append, pass, receiver } = world()
  await service.start()
  log.away = true
  const ids = await append(10)
  await pass(5_000)
  assert.deepEqual(receiver.received, [])
  log.away = false
  await pass(5_000)
  assert.deepEqual(receiver.received, ids)
  await service.stop()
})

test('what waits is counted while every destination is away, and nobody reads the end of the log', async () => {
  const receiver = createMemoryReceiver()
  receiver.answer = () => away()
  const { service, append, pass, destination } = world(receiver)
  await service.start()
  await append(5)
  await pass(2_000)
  assert.equal(service.healthOf(destination.id)?.state, 'failing')
  await append(300)
  await pass(3_000)
  assert.equal(service.healthOf(destination.id)?.behind, 305)
  assert.equal(service.figures()[0]?.behind, 305)
  await service.stop()
})
