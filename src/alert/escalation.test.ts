import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { createEscalation, type EscalationOptions } from './escalation.ts'
import type { Notice } from './types.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const MINUTE = 60_000

function notice(id: string, more: Partial<Notice> = {}): Notice {
  return {
    id,
    type: 'fraud.suspended',
    at: 0,
    urgency: 'critical',
    group: 'g',
    title: `title of ${id}`,
    happened: 'It happened.',
    who: 'extension 101',
    cost: undefined,
    prevented: undefined,
    done: 'Done.',
    advice: undefined,
    undo: undefined,
    details: {},
    ...more,
  }
}

function world(more: Partial<EscalationOptions> = {}) {
  const clock = new ManualClock(0)
  const told: string[][] = []
  const escalation = createEscalation({
    clock,
    minutes: 10,
    answered: async () => new Set(),
    send: (_message, about, others) => void told.push([about.id, ...others.map(each => each.id)]),
    ...more,
  })
  return { clock, told, escalation }
}

test('each at its own time, once, also when the same is taken twice', async () => {
  const { clock, told, escalation } = world()
  escalation.take(notice('a'))
  escalation.take(notice('a'))
  escalation.take(notice('b', { at: 5 * MINUTE }))
  clock.advance(10 * MINUTE)
  await settle()
  assert.deepEqual(told, [['a']])
  clock.advance(5 * MINUTE)
  await settle()
  assert.deepEqual([told, escalation.waiting], [[['a'], ['b']], 0])
})

test('what is overdue, after a restart, is told at once; the most urgent first', async () => {
  const { clock, told, escalation } = world()
  escalation.take(notice('old', { at: -60 * MINUTE, urgency: 'error' }))
  escalation.take(notice('older', { at: -90 * MINUTE }))
  clock.advance(0)
  await settle()
  assert.deepEqual(told, [['older', 'old']])
})

test('whether somebody saw to it cannot be found out, or not in time: then they are told', async () => {
  const broken = world({ answered: () => Promise.reject(new Error('the store is away')) })
  broken.escalation.take(notice('a'))
  broken.clock.advance(10 * MINUTE)
  await settle()
  assert.deepEqual(broken.told, [['a']])
  const silent = world({ answered: () => new Promise(() => undefined) })
  silent.escalation.take(notice('a'))
  silent.clock.advance(10 * MINUTE)
  await settle()
  assert.deepEqual(silent.told, [])
  silent.escalation.take(notice('b', { at: 10 * MINUTE }))
  silent.clock.advance(15_000)
  await settle()
  assert.deepEqual(silent.told, [['a']])
  // What came meanwhile is looked at in its turn.
  silent.clock.advance(10 * MINUTE)
  await settle()
  silent.clock.advance(15_000)
  await settle()
  assert.deepEqual(silent.told, [['a'], ['b']])
})

test('more than it holds: the oldest are told at once, nothing is lost', async () => {
  const { told, escalation, clock } = world({ limit: 3 })
  for (let count = 0; count < 10; count++) {
    escalation.take(notice(`n${count}`, { at: count }))
    await settle()
  }
  assert.ok(escalation.waiting <= 3)
  for (let minute = 0; minute < 15; minute++) {
    clock.advance(MINUTE)
    await settle()
  }
  assert.deepEqual(
    told.flat().toSorted(),
    Array.from({ length: 10 }, (_, count) => `n${count}`),
  )
})

test('after the end nothing is told, and no timer is left', async () => {
  const { clock, told, escalation } = world()
  escalation.take(notice('a'))
  escalation.stop()
  clock.advance(20 * MINUTE)
  await settle()
  assert.deepEqual([told, clock.pendingCount], [[], 0])
})
