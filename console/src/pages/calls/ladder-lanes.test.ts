import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallMessage, CallMessages } from '../../api/types.ts'
import { arrowsOf, labelOf, lanesOf } from './ladder-lanes.ts'

const end = { address: '192.0.2.1', port: 5061 }
const message = (leg: string, direction: 'in' | 'out', line: string): CallMessage => ({
  at: 0,
  leg,
  direction,
  protocol: 'TLS',
  local: end,
  remote: end,
  line,
  text: line,
})
const call: CallMessages = {
  legs: [
    { id: 'b', direction: 'out', number: '102' },
    { id: 'a', direction: 'in', number: '101' },
  ],
  messages: [
    message('a', 'in', 'INVITE sip:102@example.com SIP/2.0'),
    message('b', 'out', 'INVITE sip:102@192.0.2.1 SIP/2.0'),
    message('b', 'in', 'SIP/2.0 486 Busy Here'),
    message('stranger', 'in', 'BYE sip:x SIP/2.0'),
  ],
}

test('we stand between who called and whom we called, and each arrow goes the way of its message', () => {
  const lanes = lanesOf(call)
  assert.deepEqual(
    lanes.map(lane => lane.name),
    ['101', 'Ringfence', '102'],
  )
  assert.deepEqual(
    arrowsOf(call, lanes).map(({ from, to, kind }) => [from, to, kind]),
    [
      [0, 1, 'request'],
      [1, 2, 'request'],
      [2, 1, 'bad'],
    ],
  )
})

test('an arrow is called by its method or its answer, however long a line is', () => {
  assert.equal(labelOf('INVITE sip:102@example.com SIP/2.0'), 'INVITE')
  assert.equal(labelOf('SIP/2.0 200 OK'), '200 OK')
  assert.equal(labelOf('x'.repeat(10_000)).length, 80)
})
