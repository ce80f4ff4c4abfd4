import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, ManualClock } from '../../base/clock.ts'
import { TimerLists } from './timer-lists.ts'
import { nonInviteTrying, timerValues } from './timers.ts'

function recorder(clock: ManualClock) {
  const fired: string[] = []
  const start = clock.now()
  const owner = (id: string) => ({ onTimer: (name: string) => void fired.push(`${clock.now() - start} ${id} ${name}`) })
  return { fired, owner }
}

test('timers fire in order of time, then of starting, at their millisecond', () => {
  const clock = new ManualClock()
  const timers = new TimerLists<string>(clock, error => assert.fail(String(error)))
  const { fired, owner } = recorder(clock)
  timers.start(500, owner('a'), 'A')
  timers.start(200, owner('b'), 'trying')
  timers.start(500, owner('c'), 'A')
  clock.advance(100)
  timers.start(400, owner('d'), 'G')
  clock.advance(10_000)
  assert.deepEqual(fired, ['200 b trying', '500 a A', '500 c A', '500 d G'])
  assert.equal(timers.size, 0)
  assert.equal(clock.pendingCount, 0)
})

test('any number of timers is one timer of the clock, and none when all are stopped', () => {
  const clock = new ManualClock()
  const timers = new TimerLists<string>(clock, error => assert.fail(String(error)))
  const { fired, owner } = recorder(clock)
  const running = Array.from({ length: 1_000 }, (_, i) =>
    timers.start(i % 3 === 0 ? 500 : 32_000, owner(String(i)), 'x'),
  )
  assert.equal(timers.size, 1_000)
  assert.equal(clock.pendingCount, 1)
  for (const timer of running.toReversed()) timers.stop(timer)
  for (const timer of running) timers.stop(timer)
  assert.equal(timers.size, 0)
  assert.equal(clock.pendingCount, 0)
  clock.advance(60_000)
  assert.deepEqual(fired, [])
})

test('a timer may start and stop others while it fires', () => {
  const clock = new ManualClock()
  const timers = new TimerLists<string>(clock, error => assert.fail(String(error)))
  const { fired, owner } = recorder(clock)
  const victim = timers.start(500, owner('victim'), 'x')
  const killer = {
    onTimer() {
      timers.stop(victim)
      timers.start(50, owner('child'), 'y')
    },
  }
  timers.start(400, killer, 'z')
  clock.advance(1_000)
  assert.deepEqual(fired, ['450 child y'])
  assert.equal(timers.size, 0)
})

test('what one owner throws is reported, and the others still hear', () => {
  const clock = new ManualClock()
  const errors: unknown[] = []
  const timers = new TimerLists<string>(clock, error => void errors.push(error))
  const { fired, owner } = recorder(clock)
  timers.start(10, { onTimer: () => assert.fail('broken') }, 'x')
  timers.start(10, owner('next'), 'y')
  clock.advance(10)
  assert.equal(errors.length, 1)
  assert.deepEqual(fired, ['10 next y'])
})

test('an alarm that rings a fraction early fires nothing early and is set again', () => {
  let now = 0
  let alarm: { at: number; run: () => void } | undefined
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    schedule(delay, run) {
      const mine = { at: now + delay, run }
      alarm = mine
      return {
        cancel() {
          if (alarm === mine) alarm = undefined
        },
      }
    },
  }
  const timers = new TimerLists<string>(clock, error => assert.fail(String(error)))
  let fired = 0
  timers.start(500.4, { onTimer: () => void fired++ }, 'x')
  now = 500.2
  alarm!.run()
  assert.equal(fired, 0)
  now = 501
  alarm!.run()
  assert.equal(fired, 1)
  assert.equal(alarm, undefined)
})

test('the values of RFC 3261 table 4, and what follows from another T1', () => {
  const values = timerValues()
  assert.deepEqual(
    [values.T1, values.T2, values.T4, values.timerB, values.timerD, values.timerH, values.timerI, values.timerJ],
    [500, 4_000, 5_000, 32_000, 32_000, 32_000, 5_000, 32_000],
  )
  assert.equal(timerValues({ T1: 100 }).timerF, 6_400)
  assert.equal(timerValues({ T1: 100, timerB: 1 }).timerB, 1)
  assert.equal(nonInviteTrying(values), 3_500)
  assert.throws(() => timerValues({ T1: -1 }), RangeError)
  assert.throws(() => timerValues({ T1: 0 }), RangeError)
})
