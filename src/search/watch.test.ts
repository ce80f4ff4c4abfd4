import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { SavedSearch } from './types.ts'
import { createSearchWatch } from './watch.ts'

const ONE = 'one' as OrganisationId
const OTHER = 'other' as OrganisationId
const MINUTE = 60_000
const settle = (): Promise<void> => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

let made = 0
function event(type: string, organisationId: OrganisationId | undefined = ONE): RingfenceEvent {
  return { id: `e${++made}`, at: 0, severity: 'warning', organisationId, type, data: { reason: 'x' } } as never
}

function search(more: Partial<SavedSearch> = {}): SavedSearch {
  const tell = { more: 2, minutes: 10 }
  return {
    organisationId: ONE,
    name: 's',
    q: 'type:call.*',
    tell,
    machine: false,
    changedAt: 0,
    changedBy: 'a',
    ...more,
  }
}

function world() {
  const clock = new ManualClock()
  const found: [string, number, readonly string[]][] = []
  const missed: number[] = []
  const watch = createSearchWatch({
    clock,
    found: ({ name }, count, events) => void found.push([name, count, events]),
    onMissed: count => missed.push(count),
  })
  return { clock, found, missed, watch }
}

test('more than allowed within the minutes is told once in that time', async () => {
  const { clock, found, watch } = world()
  watch.use([search()])
  for (let count = 0; count < 2; count++) watch.take(event('call.refused'))
  await settle()
  clock.advance(10 * MINUTE)
  for (let count = 0; count < 2; count++) watch.take(event('call.ended'))
  await settle()
  assert.equal(found.length, 0)
  watch.take(event('call.ended'))
  watch.take(event('registration.refused'))
  await settle()
  assert.deepEqual([found.length, found[0]?.[1], found[0]?.[2].length], [1, 3, 5])
  for (let count = 0; count < 10; count++) watch.take(event('call.ended'))
  await settle()
  assert.equal(found.length, 1)
  clock.advance(10 * MINUTE)
  for (let count = 0; count < 3; count++) watch.take(event('call.ended'))
  await settle()
  assert.equal(found.length, 2)
})

test('an organisation counts its own events; those of the machine only who may see them', async () => {
  const { found, watch } = world()
  watch.use([search({ name: 'own' }), search({ name: 'machine', machine: true })])
  for (let count = 0; count < 9; count++) watch.take(event('call.ended', OTHER))
  await settle()
  assert.deepEqual(found, [])
  for (let count = 0; count < 3; count++) watch.take({ ...event('call.ended'), organisationId: undefined } as never)
  await settle()
  assert.deepEqual(
    found.map(each => each[0]),
    ['machine'],
  )
})

test('nothing is told of what tells: a search that finds everything does not find itself', async () => {
  const { found, watch } = world()
  watch.use([search({ q: 'severity>=info', tell: { more: 0, minutes: 1 } })])
  for (const type of ['search.found', 'search.changed', 'alert.sent', 'alert.escalated']) watch.take(event(type))
  await settle()
  assert.deepEqual(found, [])
  watch.take(event('call.ended'))
  await settle()
  assert.equal(found.length, 1)
})

test('what stays the same goes on counting when another one is saved; what changed begins anew', async () => {
  const { found, watch } = world()
  watch.use([search()])
  for (let count = 0; count < 2; count++) watch.take(event('call.ended'))
  await settle()
  watch.use([search({ name: 'new' }), search()])
  watch.take(event('call.ended'))
  await settle()
  assert.deepEqual(
    found.map(each => each[0]),
    ['s'],
  )
})

test('a flood is looked at as far as there is room, and the rest is counted', async () => {
  const { missed, watch } = world()
  watch.use([search({ tell: { more: 10_000, minutes: 10 } })])
  for (let count = 0; count < 20_050; count++) watch.take(event('call.ended'))
  for (let turn = 0; turn < 400 && !missed.some(each => each > 0); turn++) await settle()
  assert.deepEqual(missed, [50])
})
