import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedEvent } from '../../api/types.ts'
import { qualityOf } from './quality.ts'

const report = (at: number, packets: number, lost: number): LoggedEvent => ({
  position: at,
  event: {
    id: String(at),
    type: 'call.quality',
    at,
    severity: 'info',
    data: { caller: { packets, lost, jitterMs: 2, mos: 4.4 }, callee: { packets: 0, lost: 0, mos: 'x' } },
  },
})

test('loss is that of each step, and what is no number is none', () => {
  const { caller, callee } = qualityOf([report(3, 150, 50), report(1, 100, 0), report(2, 150, 50), report(4, 10, 0)])
  assert.deepEqual(
    caller.map(each => each.loss),
    [0, 50, undefined, 0],
  )
  assert.deepEqual(
    callee.map(({ mos, loss }) => [mos, loss]),
    Array.from({ length: 4 }, () => [undefined, undefined]),
  )
})
