import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { createEventBus } from '../events/bus.ts'
import type { LoggedEvent } from '../events/event-log.ts'
import { followLog } from './follow-log.ts'

/** Longer than any of these takes, by far: a test that waits it out has missed the event. */
const LONG_MS = 20_000
const inTime = { timeout: 10_000 }

function parts() {
  const bus = createEventBus(systemClock, error => assert.fail(String(error)))
  const durable: LoggedEvent[] = []
  const happen = () => {
    const event = bus.publish('system.overloaded', { what: 'x', detail: 'x' })
    return () => void durable.push({ position: durable.length + 1, event: event as never })
  }
  return { bus, durable, happen }
}

test('an event that comes while the log is read is not waited out', inTime, async () => {
  const { bus, durable, happen } = parts()
  let asked = 0
  const log = {
    async query() {
      const found = [...durable]
      if (asked++ === 0) happen()()
      return found
    },
  }
  assert.equal((await followLog({ log, bus }, { after: 0, waitMs: LONG_MS })).length, 1)
})

test('an event that is durable only a while after it was published is found', inTime, async () => {
  const { bus, durable, happen } = parts()
  const log = { query: async () => [...durable] }
  const following = followLog({ log, bus }, { after: 0, waitMs: LONG_MS })
  await new Promise(resolve => setTimeout(resolve, 5))
  setTimeout(happen(), 300)
  assert.equal((await following).length, 1)
})

test(
  'an event that was published just before, and is durable just after the log was read, is found',
  inTime,
  async () => {
    const { bus, durable, happen } = parts()
    const write = happen()
    let asked = 0
    const log = {
      async query() {
        const found = [...durable]
        if (asked++ === 0) write()
        return found
      },
    }
    assert.equal((await followLog({ log, bus }, { after: 0, waitMs: LONG_MS })).length, 1)
  },
)

test('nothing is nothing, and nobody listens any more', async () => {
  const { bus } = parts()
  let listeners = 0
  const counted = {
    subscribe(listener: Parameters<typeof bus.subscribe>[0]) {
      listeners++
      const stop = bus.subscribe(listener)
      return () => {
        listeners--
        stop()
      }
    },
  }
  assert.deepEqual(await followLog({ log: { query: async () => [] }, bus: counted }, { after: 0, waitMs: 20 }), [])
  const failing = { query: () => Promise.reject(new Error('away')) }
  await assert.rejects(followLog({ log: failing, bus: counted }, { after: 0, waitMs: 20 }), /away/)
  assert.equal(listeners, 0)
})
