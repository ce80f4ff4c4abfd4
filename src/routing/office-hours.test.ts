import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OfficeSchedule } from '../directory/calling.ts'
import { generator, seedOfRun } from '../../test/support/phone-numbers.ts'
import { officeOpen } from './office-hours.ts'

const WEEKDAYS = [1, 2, 3, 4, 5]
const schedule = (change: Partial<OfficeSchedule>): OfficeSchedule => ({
  timeZone: 'Europe/Berlin',
  hours: [{ days: WEEKDAYS, from: '09:00', to: '17:00' }],
  holidays: [],
  ...change,
})
const open = (text: string, change: Partial<OfficeSchedule> = {}): boolean =>
  officeOpen(schedule(change), Date.parse(text))

test('from the first minute to before the last, on the days named', () => {
  assert.equal(open('2026-11-23T08:59:59+01:00'), false)
  assert.equal(open('2026-11-23T09:00:00+01:00'), true)
  assert.equal(open('2026-11-23T16:59:59+01:00'), true)
  assert.equal(open('2026-11-23T17:00:00+01:00'), false)
  assert.equal(open('2026-11-22T12:00:00+01:00'), false)
  assert.equal(open('2026-11-22T23:59:00Z', { hours: [{ days: [1], from: '00:00', to: '24:00' }] }), true)
})

test('no hours: always, but for holidays', () => {
  assert.equal(open('2026-11-22T03:00:00Z', { hours: [] }), true)
  assert.equal(open('2026-12-24T23:30:00Z', { hours: [], holidays: ['2026-12-25'] }), false)
  assert.equal(open('2026-12-24T22:30:00Z', { hours: [], holidays: ['2026-12-25'] }), true)
})

test('a span over midnight belongs to the day on which it begins', () => {
  const night = { hours: [{ days: [5], from: '22:00', to: '06:00' }] }
  assert.equal(open('2026-11-27T21:59:00+01:00', night), false)
  assert.equal(open('2026-11-27T22:00:00+01:00', night), true)
  assert.equal(open('2026-11-28T05:59:00+01:00', night), true)
  assert.equal(open('2026-11-28T06:00:00+01:00', night), false)
  assert.equal(open('2026-11-28T22:00:00+01:00', night), false)
  assert.equal(open('2026-11-28T05:59:00+01:00', { ...night, holidays: ['2026-11-27'] }), false)
  assert.equal(open('2026-11-28T05:59:00+01:00', { ...night, holidays: ['2026-11-28'] }), false)
  assert.equal(open('2026-11-27T23:00:00+01:00', { ...night, holidays: ['2026-11-28'] }), true)
  const sunday = { hours: [{ days: [7], from: '22:00', to: '06:00' }] }
  assert.equal(open('2026-11-23T05:59:00+01:00', sunday), true)
})

test('what makes no sense is closed or UTC, and never throws', () => {
  assert.equal(open('2026-11-23T09:30:00Z', { timeZone: 'Nowhere/Atlantis' }), true)
  for (const [from, to] of [
    ['9:00', '17:00'],
    ['', ''],
    ['09:60', '17:00'],
    ['09:00', '25:00'],
  ] as const)
    assert.equal(open('2026-11-23T12:00:00+01:00', { hours: [{ days: WEEKDAYS, from, to }] }), false)
})

/** The offsets as the law of each country has them, so that Intl is not compared with itself. Instants are in UTC. */
const CHANGES = [
  { timeZone: 'Europe/Berlin', at: '2026-03-29T01:00:00Z', before: 60, after: 120 },
  { timeZone: 'Europe/Berlin', at: '2026-10-25T01:00:00Z', before: 120, after: 60 },
  { timeZone: 'America/New_York', at: '2026-03-08T07:00:00Z', before: -300, after: -240 },
  { timeZone: 'America/New_York', at: '2026-11-01T06:00:00Z', before: -240, after: -300 },
  { timeZone: 'Australia/Sydney', at: '2026-04-04T16:00:00Z', before: 660, after: 600 },
  { timeZone: 'Australia/Lord_Howe', at: '2026-04-04T15:00:00Z', before: 660, after: 630 },
  { timeZone: 'Asia/Kolkata', at: '2026-03-29T01:00:00Z', before: 330, after: 330 },
] as const

const MINUTE = 60_000
const DAY = 1440

test('through every change of the clock the wall clock counts', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  for (const { timeZone, at, before, after } of CHANGES) {
    for (let run = 0; run < 300; run++) {
      const [from, to] = [pick(DAY), 1 + pick(DAY)]
      const days = [1, 2, 3, 4, 5, 6, 7].filter(() => pick(2) === 0)
      const instant = Date.parse(at) + (pick(4 * DAY) - 2 * DAY) * MINUTE
      const offset = instant < Date.parse(at) ? before : after
      const local = instant / MINUTE + offset
      const [day, minute] = [Math.floor(local / DAY), local % DAY]
      const on = (which: number): boolean => days.includes(((which + 3) % 7) + 1)
      const expected =
        from < to
          ? on(day) && minute >= from && minute < to
          : (on(day) && minute >= from) || (on(day - 1) && minute < to)
      const found = officeOpen({ timeZone, hours: [{ days, from: clock(from), to: clock(to) }], holidays: [] }, instant)
      const message = `SEED=${seed} ${timeZone} ${new Date(instant).toISOString()} ${clock(from)}-${clock(to)} ${days}`
      assert.equal(found, expected, message)
    }
  }
})

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
