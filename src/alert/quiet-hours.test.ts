import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quietUntil } from './quiet-hours.ts'

const night = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' } as const
const at = (text: string): number => Date.parse(text)

test('over midnight, by the wall clock of the place', () => {
  assert.equal(quietUntil(night, at('2026-11-23T20:59:59Z')), undefined)
  assert.equal(quietUntil(night, at('2026-11-23T21:00:30Z')), at('2026-11-24T06:00:00Z'))
  assert.equal(quietUntil(night, at('2026-11-24T05:59:59Z')), at('2026-11-24T06:00:00Z'))
  assert.equal(quietUntil(night, at('2026-11-24T06:00:00Z')), undefined)
})

test('within a day, and when clocks change it is asked again', () => {
  const noon = { from: '12:00', to: '13:30', timeZone: 'America/New_York' } as const
  assert.equal(quietUntil(noon, at('2026-07-01T16:10:00Z')), at('2026-07-01T17:30:00Z'))
  assert.equal(quietUntil(noon, at('2026-07-01T17:30:00Z')), undefined)
  // An hour is missing in this night: the end that was told is after the real one by that hour.
  assert.equal(quietUntil(night, at('2026-03-28T22:00:00Z')), at('2026-03-29T06:00:00Z'))
  assert.equal(quietUntil(night, at('2026-03-29T05:30:00Z')), undefined)
})
