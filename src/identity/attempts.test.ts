import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAttempts } from './attempts.ts'

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const NETWORKS = Array.from({ length: 200 }, (_, index) => `10.${index}.0.1`)

test('from one network nobody guesses more than 5 at first and 130 in a day, however they time it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 * 60 * SECOND }), { minLength: 200, maxLength: 600 }), pauses => {
      const attempts = createAttempts()
      let now = 0
      const made: number[] = []
      for (const pause of pauses) {
        now += pause
        if (attempts.attempt('ada', '192.0.2.1', true, now).wait === 0) made.push(now)
      }
      for (const start of made) {
        const minute = made.filter(at => at >= start && at < start + 60 * SECOND).length
        assert.ok(minute <= 9, `${minute} in a minute`)
        assert.ok(made.filter(at => at >= start && at < start + DAY).length <= 5 * 26)
      }
    }),
    { numRuns: 30 },
  )
})

test('whoever waits for as long as was said may try again: nobody is locked out for good', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(199), fc.nat(100 * SECOND)), { maxLength: 400 }), guesses => {
      const attempts = createAttempts()
      let now = 0
      for (const [network, pause] of guesses) {
        now += pause
        attempts.attempt('ada', NETWORKS[network]!, false, now)
      }
      assert.equal(attempts.attempt('ada', '192.0.2.1', true, now).wait, 0, 'where they came from before')
      const { wait } = attempts.attempt('ada', '198.51.100.1', false, now)
      assert.ok(wait <= 3_600)
      assert.equal(attempts.attempt('ada', '198.51.100.1', false, now + wait * SECOND).wait, 0)
    }),
    { numRuns: 100 },
  )
})

test('all networks together guess at one account 20 times at first, and hardly more in a day', () => {
  const attempts = createAttempts()
  let made = 0
  for (let now = 0; now < DAY; now += 10 * SECOND) {
    for (const network of [1, 2, 3].map(offset => NETWORKS[(now / SECOND + offset) % 200]!)) {
      if (attempts.attempt('ada', network, false, now).wait === 0) made++
    }
    if (now === 10 * 60 * SECOND) assert.equal(made, 20)
  }
  assert.ok(made <= 20 * 26, String(made))
})

test('a network that tries many accounts waits for all of them; its neighbours in the /24 and /48 are it', () => {
  const attempts = createAttempts()
  let made = 0
  for (let index = 0; index < 100; index++) {
    if (attempts.attempt(`account ${index}`, `192.0.2.${index}`, false, index).wait === 0) made++
  }
  assert.equal(made, 30)
  made = 0
  for (let index = 0; index < 100; index++) {
    if (attempts.attempt(`other ${index}`, `2001:db8:1:${index}::1`, false, index).wait === 0) made++
  }
  assert.equal(made, 30)
  assert.equal(attempts.attempt('ada', '198.51.100.1', false, 100).wait, 0)
})

test('a lock is told with the attempt that brings it, and grows with each', () => {
  const attempts = createAttempts()
  const lengths: number[] = []
  let now = 0
  while (lengths.length < 8) {
    const { wait, lock } = attempts.attempt('ada', '192.0.2.1', true, now)
    assert.equal(wait, 0)
    if (lock === undefined) continue
    assert.equal(lock.attempts, 5)
    lengths.push((lock.until - now) / 60_000)
    now = lock.until
  }
  assert.deepEqual(lengths, [1, 2, 4, 8, 16, 32, 60, 60])
  now += 25 * HOUR
  while (attempts.attempt('ada', '192.0.2.1', true, now).lock === undefined);
  assert.ok(attempts.attempt('ada', '192.0.2.1', true, now).wait <= 60, 'after a quiet day it begins anew')
})

test('what was right counts for nothing, and a new beginning forgets', () => {
  const attempts = createAttempts()
  for (let index = 0; index < 100; index++) {
    assert.equal(attempts.attempt('ada', '192.0.2.1', false, index).wait, 0)
    attempts.succeeded('ada', '192.0.2.1', false)
  }
  for (let index = 0; index < 5; index++) attempts.attempt('bob', '192.0.2.1', true, 100)
  assert.ok(attempts.attempt('bob', '192.0.2.1', true, 100).wait > 0)
  attempts.forget('bob')
  assert.equal(attempts.attempt('bob', '192.0.2.1', true, 100).wait, 0)
})
