import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrganisationId } from '../base/ids.ts'
import { createFakeDirectory } from '../directory/fake-directory.ts'
import { routeInbound } from './route-inbound.ts'
import { toE164 } from './to-e164.ts'

const MONDAY_NOON = Date.parse('2026-11-23T12:00:00Z')
const MONDAY_NIGHT = Date.parse('2026-11-23T22:00:00Z')
const reception = { kind: 'extension', number: '101' } as const
const night = { kind: 'group', number: '600' } as const
const directory = createFakeDirectory({
  numbers: [
    { e164: '+4930901820', target: reception, afterHours: night },
    { e164: '+4930901821', target: reception },
    { e164: '+499999', target: reception },
  ],
  calling: {
    schedule: { timeZone: 'UTC', hours: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }], holidays: [] },
  },
})
const ours = directory.organisation.id

test('a number of ours in every format that providers send', () => {
  const formats = ['+4930901820', '4930901820', '004930901820', '030901820', '30901820', '01149 30 901820']
  for (const format of [...formats, '+49 (30) 901820', '+4930901820;user=phone', '+49３０901820']) {
    const route = routeInbound(directory, ours, format, MONDAY_NOON)
    assert.equal(route?.number.e164, '+4930901820', format)
    assert.deepEqual(route?.target, reception)
  }
})

test('one that no number plan knows is found all the same', () => {
  for (const format of ['+499999', '499999', '00499999', '09999', '9999'])
    assert.equal(routeInbound(directory, ours, format, MONDAY_NOON)?.number.e164, '+499999', format)
})

test('not ours, or another organisation’s: nothing', () => {
  for (const format of ['+4930901822', '901820', '', 'anonymous', '+', '9'.repeat(1000), '+49309018200', '*70'])
    assert.equal(routeInbound(directory, ours, format, MONDAY_NOON), undefined, format.slice(0, 20))
  assert.equal(routeInbound(directory, 'other' as OrganisationId, '+4930901820', MONDAY_NOON), undefined)
  assert.equal(routeInbound(directory, undefined, '+4930901820', MONDAY_NOON)?.number.e164, '+4930901820')
  assert.equal(routeInbound(directory, undefined, '4930901820', MONDAY_NOON)?.number.e164, '+4930901820')
})

test('outside the office hours it goes elsewhere, if it has elsewhere to go', () => {
  const route = routeInbound(directory, ours, '+4930901820', MONDAY_NIGHT)
  assert.deepEqual(route?.target, night)
  assert.equal(route?.officeOpen, false)
  const other = routeInbound(directory, ours, '+4930901821', MONDAY_NIGHT)
  assert.deepEqual([other?.target, other?.officeOpen], [reception, false])
})

test('who calls, in E.164', () => {
  assert.equal(toE164('030901820', 'DE'), '+4930901820')
  assert.equal(toE164('+4930901820', 'DE'), '+4930901820')
  assert.equal(toE164('4930901820', 'DE'), '+4930901820')
  assert.equal(toE164('00442079460018', 'DE'), '+442079460018')
  assert.equal(toE164('442079460018', 'GB'), '+442079460018')
  assert.equal(toE164('2125551234', 'US'), '+12125551234')
  assert.equal(toE164('12125551234', 'US'), '+12125551234')
  assert.equal(toE164('011442079460018', 'US'), '+442079460018')
  assert.equal(toE164('+49 (0) 30 901820', 'US'), '+4930901820')
  for (const text of ['anonymous', '', '101', '+', 'ada', '9'.repeat(30), '*31#030901820'])
    assert.equal(toE164(text, 'DE'), undefined, text)
})
