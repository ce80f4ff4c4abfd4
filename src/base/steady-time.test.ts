import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from './clock.ts'
import { createSteadyTime } from './steady-time.ts'

test('passes with time, and stays when the wall clock is set', () => {
  const clock = new ManualClock(1_000_000)
  const steady = createSteadyTime(clock)
  assert.equal(steady(), 1_000_000)
  clock.jump(86_400_000)
  assert.equal(steady(), 1_000_000)
  clock.jump(-2 * 86_400_000)
  clock.advance(1_500)
  assert.equal(steady(), 1_001_500)
})
