import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId, OrganisationId } from '../base/ids.ts'
import type { EventPayloads, EventType, RingfenceEvent } from '../events/catalogue.ts'
import { EVENT_SEVERITY } from '../events/catalogue.ts'
import { alertRecords } from './alert-records.ts'
import { isTold, TOLD_TYPES } from './notice.ts'

let count = 0
function event<T extends EventType>(type: T, data: EventPayloads[T], at = ++count): RingfenceEvent {
  const envelope = { id: `id-${at}` as EventId, at, severity: 'info', organisationId: 'o1' as OrganisationId } as const
  return { ...envelope, type, data } as unknown as RingfenceEvent
}

const decided = (decision: string) =>
  ({ decision, rule: 'R', reason: 'because', evidence: {}, payer: '101', callId: undefined }) as const
const ada = { kind: 'person', name: 'ada@example.com' } as const
const who = (): string => 'extension 101'

test('an alert is open until somebody sees to it; the first who did counts', () => {
  const told = [event('fraud.suspended', { ...decided('d1'), also: [] }), event('fraud.calls-ended', decided('d2'))]
  const [one, other] = told.map(each => each.id)
  const say = (by: string) =>
    event('alert.acknowledged', { actor: { ...ada, name: by }, about: one!, title: '', comment: `by ${by}` })
  const marks = [
    event('alert.sent', { channel: 'mail a', about: one!, title: '', more: 0, attempts: 1 }),
    event('alert.sent', { channel: 'slack b', about: one!, title: '', more: 0, attempts: 2 }),
    event('alert.escalated', { about: one!, title: '', minutes: 15, also: [other!] }),
    say('ada'),
    say('bob'),
  ]
  const [first, second] = alertRecords(told, marks, who)
  assert.deepEqual([first!.state, first!.answer?.by, first!.answer?.comment], ['acknowledged', 'ada', 'by ada'])
  assert.deepEqual(first!.sent, ['mail a', 'slack b'])
  assert.deepEqual([second!.state, second!.answer], ['open', undefined])
  assert.deepEqual([first!.escalatedAt, second!.escalatedAt], [marks[2]!.at, marks[2]!.at])
})

test('who decides has seen to it: taken back, denied, allowed for that same wish and not before', () => {
  const ask = (decision: string, value: string) =>
    event('fraud.confirmation-asked', { ...decided(decision), approval: 'country', value })
  const early = event('fraud.approved', { actor: ada, payer: '101', approval: 'country', value: 'MX', until: 9 })
  const told = [
    event('fraud.suspended', { ...decided('d1'), also: [] }),
    ask('d2', 'CU'),
    ask('d3', 'MX'),
    ask('d4', 'FR'),
  ]
  const marks = [
    early,
    event('fraud.undone', { actor: ada, decision: 'd1', rule: 'R', reason: 'it was us' }),
    event('fraud.denied', { actor: ada, decision: 'd2' }),
  ]
  const states = (more: readonly RingfenceEvent[]) =>
    alertRecords(told, [...marks, ...more], who).map(each => each.state)
  assert.deepEqual(states([]), ['decided', 'decided', 'open', 'open'])
  const late = event('fraud.approved', { actor: ada, payer: undefined, approval: 'country', value: 'MX', until: 9 })
  assert.deepEqual(states([late]), ['decided', 'decided', 'decided', 'open'])
  assert.equal(alertRecords(told, marks, who)[0]!.answer?.comment, 'it was us')
})

test('a warning wants nobody, and what people are not told of is no alert', () => {
  const policy = event('fraud.policy-changed', { actor: ada, changed: [] } as never)
  const tried = event('fraud.found', { ...decided('d'), dryRun: true } as never)
  assert.deepEqual(
    alertRecords([policy, tried], [], who).map(each => each.state),
    ['told'],
  )
})

test('people are told of these types and of no other', () => {
  const types = new Set<string>(TOLD_TYPES)
  for (const type of Object.keys(EVENT_SEVERITY) as EventType[]) {
    if (types.has(type)) continue
    const data = new Proxy({}, { get: () => 'x' })
    assert.equal(isTold(event(type, data as never)), false, type)
  }
})
