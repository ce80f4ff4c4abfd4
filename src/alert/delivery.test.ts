import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { fail, ok } from '../base/result.ts'
import { createDelivery, PAUSES_S } from './delivery.ts'
import type { AlertMessage, Channel, SendFailure, Urgency } from './types.ts'

function message(id: string, urgency: Urgency = 'error'): AlertMessage {
  const words = { title: 't', happened: 'h', who: 'w', cost: undefined, prevented: undefined, done: 'd', details: {} }
  const notice = { id, type: 'fraud.blocked', at: 0, urgency, group: id, ...words, advice: undefined, undo: undefined }
  return { notice, more: 0 }
}

/** Lets everything that was promised come true. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function world(limit = 1_000) {
  const clock = new ManualClock()
  const start = clock.monotonic()
  const tried: [number, string][] = []
  const sent: string[] = []
  const failed: [string, string][] = []
  const state: { failure: SendFailure | undefined; hold: Promise<void> | undefined; closed: boolean } = {
    failure: undefined,
    hold: undefined,
    closed: false,
  }
  const channel: Channel = {
    name: 'test',
    async send({ notice }) {
      tried.push([(clock.monotonic() - start) / 1_000, notice.id])
      await state.hold
      return state.failure === undefined ? ok(undefined) : fail(state.failure)
    },
    close() {
      state.closed = true
    },
  }
  const delivery = createDelivery({
    clock,
    channel,
    limit,
    onSent: ({ notice }) => sent.push(notice.id),
    onFailed: ({ notice }, _attempts, detail) => failed.push([notice.id, detail]),
  })
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000)
      await settle()
    }
  }
  return { clock, tried, sent, failed, state, delivery, pass }
}

test('one that does not get through is tried again with growing pauses, then given up and said', async () => {
  const { clock, tried, failed, state, delivery } = world()
  state.failure = { temporary: true, detail: 'down' }
  delivery.push(message('a'))
  await settle()
  for (const pause of PAUSES_S) {
    assert.deepEqual(failed, [])
    clock.advance(pause * 1_000 - 1)
    await settle()
    const before = tried.length
    clock.advance(1)
    await settle()
    assert.equal(tried.length, before + 1)
  }
  assert.deepEqual(failed, [['a', 'down']])
  assert.equal(delivery.pending, 0)
  assert.equal(clock.pendingCount, 0)
})

test('what is refused for good is not tried again', async () => {
  const { tried, failed, state, delivery, pass } = world()
  state.failure = { temporary: false, detail: 'no such mailbox' }
  delivery.push(message('a'))
  await pass(60)
  assert.equal(tried.length, 1)
  assert.deepEqual(failed, [['a', 'no such mailbox']])
})

test('while the channel is down others wait with the first, but what is critical is tried at once', async () => {
  const { tried, sent, state, delivery, pass } = world()
  state.failure = { temporary: true, detail: 'down' }
  delivery.push(message('a'))
  await settle()
  delivery.push(message('b'))
  delivery.push(message('c', 'critical'))
  await settle()
  assert.deepEqual(tried, [
    [0, 'a'],
    [0, 'c'],
  ])
  state.failure = undefined
  await pass(40)
  assert.deepEqual(new Set(sent), new Set(['a', 'b', 'c']))
})

test('when many wait, the critical one goes first', async () => {
  const { sent, state, delivery } = world()
  const gate = Promise.withResolvers<void>()
  state.hold = gate.promise
  for (const id of ['a', 'b', 'c']) delivery.push(message(id))
  delivery.push(message('d', 'critical'))
  gate.resolve()
  for (let turn = 0; turn < 10; turn++) await settle()
  assert.deepEqual(sent, ['a', 'd', 'b', 'c'])
})

test('the queue has a bound; what makes room is told, and is not the critical one', async () => {
  const { failed, state, delivery } = world(3)
  state.hold = new Promise(() => undefined)
  delivery.push(message('under way'))
  for (const [id, urgency] of [
    ['a', 'critical'],
    ['b', 'error'],
    ['c', 'error'],
    ['d', 'error'],
  ] as const)
    delivery.push(message(id, urgency))
  assert.deepEqual(failed, [['b', 'more than 3 messages wait']])
  assert.equal(delivery.pending, 4)
})

test('a stop waits for what is under way, but not for ever, and says what was left', async () => {
  const { clock, failed, state, delivery } = world()
  state.hold = new Promise(() => undefined)
  delivery.push(message('under way'))
  delivery.push(message('waits'))
  const stopped = delivery.stop(3_000)
  await settle()
  assert.equal(state.closed, false)
  clock.advance(3_000)
  await stopped
  assert.equal(state.closed, true)
  assert.deepEqual(failed, [['waits', 'the system stopped']])
  delivery.push(message('late'))
  assert.deepEqual(failed.at(-1), ['late', 'the system stops'])
})
