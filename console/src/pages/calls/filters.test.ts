import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PastCall } from '../../api/types.ts'
import { directionOf, isWanted, lastMonth, outcomeOf, readFilter } from './filters.ts'

const leg = {
  direction: 'in' as const,
  number: '101',
  userAgent: '',
  signalling: { protocol: 'TLS' },
  sourceAddress: '',
}
const call = (more: Partial<PastCall>): PastCall => ({
  id: 'x',
  from: '101',
  to: '102',
  startedAt: 0,
  legs: [leg],
  ...more,
})
const wanted = (one: PastCall, address: Readonly<Record<string, string>>): boolean =>
  isWanted(
    one,
    readFilter(name => address[name] ?? ''),
  )

test('a day counts whole, from its first moment to its last', () => {
  const late = call({ startedAt: new Date('2026-11-02T23:59:59').getTime() })
  assert.equal(wanted(late, { from: '2026-11-02', to: '2026-11-02' }), true)
  assert.equal(wanted(late, { from: '2026-11-03' }), false)
  assert.equal(wanted(late, { to: '2026-11-01' }), false)
  assert.equal(wanted(late, { from: '2026-99-99', to: 'x' }), true)
})

test('outcome, direction, trunk and protection', () => {
  const end = (cause: string) => ({ side: 'caller', cause, sipCode: 200 })
  assert.equal(outcomeOf(call({ answeredAt: 1, end: end('normal') })), 'answered')
  assert.equal(outcomeOf(call({ end: end('no-answer') })), 'missed')
  assert.equal(outcomeOf(call({ end: end('not-admitted') })), 'refused')
  assert.equal(outcomeOf(call({ answeredAt: 1, end: end('media-timeout') })), 'broken')
  const outside = call({ legs: [leg, { ...leg, direction: 'out', number: '+34', trunk: 'one' }] })
  assert.equal(directionOf(outside), 'out')
  assert.equal(directionOf(call({})), 'inside')
  assert.equal(wanted(outside, { trunk: 'one' }), true)
  assert.equal(wanted(outside, { trunk: 'two' }), false)
  const plain = call({ legs: [{ ...leg, signalling: { protocol: 'UDP' } }] })
  assert.equal(wanted(plain, { protection: 'encrypted' }), false)
  assert.equal(wanted(plain, { protection: 'plain' }), true)
  assert.equal(wanted(outside, { q: '+34' }), true)
})

test('last month ends where this one begins, in January too', () => {
  const { from, until } = lastMonth(new Date('2027-01-15T12:00').getTime())
  assert.deepEqual([from, until], [new Date(2026, 11, 1).getTime(), new Date(2027, 0, 1).getTime()])
})
