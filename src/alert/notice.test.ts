import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventId, OrganisationId } from '../base/ids.ts'
import type { EventPayloads, EventType, RingfenceEvent } from '../events/catalogue.ts'
import { type Facts, isTold, noticeOf } from './notice.ts'
import { inert, textOf, titleOf } from './plain-text.ts'

const AT = Date.UTC(2026, 10, 23, 3, 4, 5)
const FACTS: Facts = { who: 'extension 101 (Front desk)', cost: '4.00 EUR', prevented: '3 calls' }
const UNDO = { url: 'https://pbx.example.com:8443/undo/TOKEN', until: AT + 7 * 86_400_000 }
const ABOUT = {
  decision: '0190-d',
  rule: 'FRAUD_BURST',
  reason: '20 calls to the outside in 60 seconds',
  evidence: { calls: '20', windowSeconds: '60' },
  payer: '101',
  callId: 'c1',
}

function event<T extends EventType>(type: T, data: EventPayloads[T]): RingfenceEvent {
  const envelope = { id: 'e1' as EventId, type, at: AT, severity: 'error', organisationId: 'o1' as OrganisationId }
  return { ...envelope, data } as unknown as RingfenceEvent
}

test('break-glass is told at once, with who, from where, why, and what to do', () => {
  const told = (address?: string) =>
    noticeOf(
      event('people.recovery-started', {
        actor:
          address === undefined
            ? { kind: 'operator', name: 'x' }
            : { kind: 'person', name: 'eve@example.com', address },
        person: 'ada@example.com',
        reason: 'her phone was stolen',
        expiresAt: AT,
      }),
      FACTS,
      undefined,
    )
  const notice = told('198.51.100.7')
  assert.ok(notice !== undefined)
  assert.deepEqual([notice.urgency, notice.who, notice.cost], ['critical', 'ada@example.com', undefined])
  assert.match(notice.title, /sign in as ada@example\.com$/)
  assert.match(notice.happened, /^eve@example\.com from 198\.51\.100\.7 .*: her phone was stolen$/)
  assert.match(notice.advice ?? '', /people suspend ada@example\.com/)
  assert.match(told()?.happened ?? '', /^The operator at the machine's own console made a link/)
})

test('somebody who knows nothing of telephony reads what happened, to whom, what it cost, and how to go back', () => {
  const notice = noticeOf(event('fraud.suspended', { ...ABOUT, also: ['102'] }), FACTS, UNDO)
  assert.ok(notice !== undefined)
  assert.equal(notice.urgency, 'critical')
  assert.equal(titleOf({ notice, more: 0 }), '[Ringfence] Extension 101 (Front desk) was suspended')
  assert.equal(
    textOf({ notice, more: 0 }),
    `What happened
  20 calls to the outside in 60 seconds.

When
  2026-11-23 03:04:05 UTC

Who
  extension 101 (Front desk)

What it cost so far
  4.00 EUR

What was prevented
  3 calls

What was done
  Its calls to the outside were ended, and it cannot make new ones until somebody restores it. Internal and emergency calls go on. The same was done to 102.

What you can do
  Change the password of its phones before you restore it.

Was it in order? Take it back here, once, until 2026-11-30 03:04:05 UTC:
  https://pbx.example.com:8443/undo/TOKEN

Details
  event: fraud.suspended
  rule: FRAUD_BURST
  calls: 20
  windowSeconds: 60
  call: c1
  decision: 0190-d
`,
  )
})

test('each event of toll fraud that asks for somebody is told; the daily course, dry runs and own acts are not', () => {
  const actor = { kind: 'operator', name: 'command line' } as const
  const blocked = { ...ABOUT, prefix: undefined, until: AT }
  const cap = { callId: 'c', payer: '101', to: '+1', rule: 'FRAUD_CAP_CALL', reason: 'full', refused: true }
  const help = { callId: 'c', extension: '101', name: 'X', number: '112', location: undefined, notified: [] }
  const told: readonly RingfenceEvent[] = [
    event('fraud.suspended', { ...ABOUT, also: [] }),
    event('fraud.blocked', blocked),
    event('fraud.blocked', { ...blocked, prefix: '88213' }),
    event('fraud.calls-ended', ABOUT),
    event('fraud.confirmation-asked', { ...ABOUT, approval: 'country', value: 'FR' }),
    event('fraud.found', { ...ABOUT, dryRun: false, response: 'alert' }),
    event('fraud.cap-reached', cap),
    event('fraud.undone', { actor, decision: 'd', rule: 'R', reason: 'why' }),
    event('fraud.policy-changed', { actor, changed: [] }),
    event('emergency.called', { ...help, test: false }),
    event('emergency.failed', { callId: 'c', extension: '101', attempts: 4, detail: 'no trunk' }),
    event('store.unavailable', { detail: 'gone' }),
  ]
  for (const each of told) {
    assert.ok(isTold(each), each.type)
    const notice = noticeOf(each, FACTS, undefined)!
    const text = textOf({ notice, more: 3 })
    assert.match(text, /3 more since/)
    assert.doesNotMatch(text, /undefined|null|NaN/)
    assert.ok(titleOf({ notice, more: 3 }).endsWith('(and 3 more)'))
  }
  const untold: readonly RingfenceEvent[] = [
    event('fraud.found', { ...ABOUT, dryRun: true, response: 'suspend' }),
    event('fraud.blocked', { ...blocked, rule: 'OPERATOR', prefix: '88' }),
    event('emergency.called', { ...help, test: true }),
    event('alert.failed', { channel: 'c', about: 'e', title: 't', attempts: 1, detail: 'd' }),
    event('fraud.denied', { actor, decision: 'd' }),
  ]
  for (const each of untold) assert.ok(!isTold(each), each.type)
})

test('what is told together is of one kind and about one payer', () => {
  const groupOf = (payer: string, rule: string): string =>
    noticeOf(event('fraud.blocked', { ...ABOUT, payer, rule, prefix: undefined, until: AT }), FACTS, undefined)!.group
  assert.equal(groupOf('101', 'A'), groupOf('101', 'B'))
  assert.notEqual(groupOf('101', 'A'), groupOf('102', 'A'))
})

test('property: nothing that a caller wrote breaks a line, hides itself, or makes a second link', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('a', '\r', '\n', '\0', '\u202e', '\u2028', 'http', '://', 'x.y', ' ', 'www.'),
  })
  fc.assert(
    fc.property(nasty, nasty, nasty, (reason, name, value) => {
      const data = { ...ABOUT, reason, evidence: { [name]: value, userAgent: value }, also: [] }
      const notice = noticeOf(event('fraud.suspended', data), { ...FACTS, who: name }, UNDO)!
      const text = textOf({ notice, more: 0 })
      assert.equal(text.match(/:\/\//g)?.length, 1, 'one link, and it is ours')
      assert.doesNotMatch(text, /[\r\0\u202e\u2028]|\bwww\./)
      const title = titleOf({ notice, more: 0 })
      assert.doesNotMatch(title, /[\r\n\0\u202e\u2028]|:\/\//)
      assert.ok(title.length <= 200)
      assert.ok(text.split('\n').every(line => line.length <= 700))
    }),
  )
})

test('a value is cut to a bound', () => {
  assert.equal(inert('x'.repeat(10_000)).length, 300)
})
