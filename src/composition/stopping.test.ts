import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { createEventBus } from '../events/bus.ts'
import { createStopping, type Stopping } from './stopping.ts'

interface World {
  readonly clock: ManualClock
  readonly stopping: Stopping
  readonly events: string[]
  closed: number
  lastCallEnds(): void
}

function world(): World {
  const clock = new ManualClock()
  const events: string[] = []
  const idle = Promise.withResolvers<void>()
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  bus.subscribe(({ type, data }) => events.push(`${type} ${'reason' in data ? data.reason : ''}`.trim()))
  const made: World = {
    clock,
    events,
    closed: 0,
    lastCallEnds: idle.resolve,
    stopping: createStopping({
      clock,
      events: bus,
      calls: { liveCount: 2, drain: () => idle.promise },
      async close() {
        made.closed++
      },
    }),
  }
  return made
}

const settled = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

test('the last call that ends lets the server stop', async () => {
  const { clock, stopping, events, lastCallEnds, ...rest } = world()
  assert.equal(stopping.draining, undefined)
  const drained = stopping.drain(60_000)
  assert.deepEqual(stopping.draining, { since: clock.now(), endsAt: clock.now() + 60_000 })
  lastCallEnds()
  await drained
  await stopping.stopped
  assert.deepEqual(events, ['system.draining', 'system.stopped drained'])
  assert.equal(clock.pendingCount, 0)
  assert.ok(rest)
})

test('calls that do not end are ended when the time is over', async () => {
  const made = world()
  void made.stopping.drain(5_000)
  made.clock.advance(4_999)
  await settled()
  assert.equal(made.closed, 0)
  made.clock.advance(1)
  await made.stopping.stopped
  assert.equal(made.closed, 1)
  assert.deepEqual(made.events, ['system.draining', 'system.stopped the time to drain was over'])
})

test('asked again, the newer limit counts; a stop ends the wait; everything is closed once', async () => {
  const made = world()
  void made.stopping.drain(5_000)
  const { since } = made.stopping.draining!
  made.clock.advance(4_000)
  void made.stopping.drain(10_000)
  made.clock.advance(9_000)
  await settled()
  assert.equal(made.closed, 0)
  assert.equal(made.stopping.draining?.since, since)
  await made.stopping.stop()
  made.lastCallEnds()
  await made.stopping.drain(1)
  await made.stopping.stop()
  assert.equal(made.closed, 1)
  assert.equal(made.clock.pendingCount, 0)
  assert.equal(made.events.filter(event => event.startsWith('system.stopped')).length, 1)
})
