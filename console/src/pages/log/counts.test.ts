import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedEvent } from '../../api/types.ts'
import { barsOf, groupsOf } from './counts.ts'

const event = (at: number, severity: LoggedEvent['event']['severity'], data: object): LoggedEvent => ({
  position: at,
  event: { id: String(at), type: 'call.started', at, severity, data: data as never },
})

test('every event stands in one bar, whatever time they take', () => {
  for (const span of [0, 1, 60_000, 86_400_000, 86_400_000 * 4_000]) {
    const events = Array.from({ length: 100 }, (_, index) => event(1_800_000_000_000 + (index * span) / 99, 'info', {}))
    const bars = barsOf(events)
    assert.ok(bars.length >= 1 && bars.length <= 48, `${span}: ${bars.length}`)
    assert.equal(
      bars.reduce((sum, bar) => sum + bar.count, 0),
      100,
    )
    for (const bar of bars) assert.ok(bar.until > bar.from)
  }
  assert.deepEqual(barsOf([]), [])
  assert.deepEqual(
    barsOf([event(0, 'error', {}), event(1, 'info', {})]).map(({ count, loud }) => [count, loud]),
    [[2, 1]],
  )
})

test('groups are counted, the largest first, and what has no value is one', () => {
  const events = [
    event(1, 'info', { reason: 'a' }),
    event(2, 'info', { reason: 'b' }),
    event(3, 'info', { reason: 'b' }),
    event(4, 'info', {}),
  ]
  assert.deepEqual(groupsOf(events, ['reason'], 2), [
    { values: ['b'], count: 2 },
    { values: ['a'], count: 1 },
  ])
  assert.deepEqual(
    groupsOf(events, ['reason', 'severity'], 9).map(({ values }) => values),
    [
      ['b', 'info'],
      ['a', 'info'],
      ['', 'info'],
    ],
  )
})
