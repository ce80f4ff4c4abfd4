import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventOf } from '../events/catalogue.ts'
import { isTold, noticeOf } from './notice.ts'

const FACTS = { who: 'the organisation', cost: '5 EUR', prevented: '9 EUR' }

function found(data: Partial<EventOf<'detection.found'>['data']>): EventOf<'detection.found'> {
  const whole = {
    rule: 'acee18e0-eee4-4445-8c35-6a17df36b7f3',
    title: 'One password is tried at many phone accounts',
    level: 'high',
    reason: 'One source gave wrong credentials for five accounts',
    address: '198.51.100.7',
    extension: undefined,
    group: { source: '198.51.100.7' },
    count: 5,
    events: [{ id: 'e1', type: 'authentication.failed', at: 1 }],
    tags: [],
    unsaid: 0,
    ...data,
  }
  return { id: 'f', type: 'detection.found', at: 2, severity: 'error', organisationId: undefined, data: whole } as never
}

test('what is high or critical is told, with the rule, whom it is about, and nothing about money', () => {
  const notice = noticeOf(found({}), FACTS, undefined)
  assert.equal(notice?.urgency, 'error')
  assert.equal(notice?.title, 'One password is tried at many phone accounts')
  assert.equal(notice?.who, '198.51.100.7')
  assert.equal(notice?.cost, undefined)
  assert.deepEqual(notice?.details, {
    rule: 'acee18e0-eee4-4445-8c35-6a17df36b7f3',
    source: '198.51.100.7',
    events: '5',
    'last event': 'authentication.failed e1',
  })
  assert.equal(noticeOf(found({ level: 'critical' }), FACTS, undefined)?.urgency, 'critical')
  for (const level of ['informational', 'low', 'medium'] as const) assert.equal(isTold(found({ level })), false)
})

test('of what is told in words of its own nobody is told twice', () => {
  const suspended = { id: 'e1', type: 'fraud.suspended', at: 1 }
  assert.equal(isTold(found({ level: 'critical', events: [suspended] })), false)
  const registered = { id: 'e0', type: 'registration.accepted', at: 0 }
  assert.equal(isTold(found({ level: 'critical', events: [registered, suspended] })), true)
})

test('however many addresses there are, they are one group of messages', () => {
  const groups = ['198.51.100.7', '198.51.100.8'].map(address => noticeOf(found({ address }), FACTS, undefined)?.group)
  assert.equal(groups[0], groups[1])
})
