import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OrganisationId } from '../../base/ids.ts'
import { type Finding, RESPONSES } from '../types.ts'
import { decide, DECISION_DURATIONS_MS, type DecisionContext, type RuleChoice } from './decide.ts'

const AT = 1_700_000_000_000
const HOUR = 3_600_000
const RULE = { id: 'TEST_RULE' }

function context(more: Partial<DecisionContext> = {}): DecisionContext {
  return {
    at: AT,
    organisationId: 'o1' as OrganisationId,
    subject: 's1',
    callId: 'c1',
    newId: at => `d-${at}`,
    ...more,
  }
}

function finding(more: Partial<Finding> = {}): Finding {
  return { response: 'block', reason: 'because', evidence: { calls: '3' }, ...more }
}

test('a finding becomes a decision with who, why, how and until when', () => {
  assert.deepEqual(decide(finding(), RULE, undefined, context()), {
    response: 'block',
    reason: 'because',
    evidence: { calls: '3' },
    rule: 'TEST_RULE',
    mode: 'on',
    id: `d-${AT}`,
    at: AT,
    organisationId: 'o1',
    subject: 's1',
    callId: 'c1',
    expiresAt: AT + HOUR,
  })
})

test('each response lasts its own time, and a suspension until somebody ends it', () => {
  const hoursOf = (choice: RuleChoice['response']): number | undefined => {
    const found = finding({ prefix: '88213', approval: { kind: 'country', value: 'FR' } })
    const { expiresAt } = decide(found, RULE, { mode: 'on', response: choice }, context())
    return expiresAt === undefined ? undefined : (expiresAt - AT) / HOUR
  }
  assert.deepEqual(RESPONSES.map(hoursOf), [1, 24, 1, 24, 1, undefined])
})

test('a destination that is closed again stays closed for longer: a day, three, a week, and no more', () => {
  const found = finding({ response: 'block-destination', prefix: '88213' })
  const days = [0, 1, 2, 3, 50].map(count => {
    const repeats = (prefix: string): number => (prefix === '88213' ? count : 99)
    return (decide(found, RULE, undefined, context({ repeats })).expiresAt! - AT) / (24 * HOUR)
  })
  assert.deepEqual(days, [1, 3, 7, 7, 7])
})

test('what could not be kept blocks the call: a question about nothing, a destination without digits', () => {
  const responseOf = (found: Partial<Finding>): string => decide(finding(found), RULE, undefined, context()).response
  assert.equal(responseOf({ response: 'confirm' }), 'block')
  assert.equal(responseOf({ response: 'block-destination' }), 'block')
  assert.equal(responseOf({ response: 'block-destination', prefix: '' }), 'block')
  assert.equal(responseOf({ response: 'block-destination', prefix: '+49' }), 'block')
})

test('who is exempt is told of and not stopped, until the date and not a moment longer; others are stopped', () => {
  const choice: RuleChoice = { mode: 'on', exempt: [{ subject: 's1', until: AT + HOUR }] }
  const found = finding({ response: 'suspend', also: ['s2', 's1'] })
  const modeAt = (at: number, subject: string): string => decide(found, RULE, choice, context({ at, subject })).mode
  assert.equal(modeAt(AT + HOUR - 1, 's1'), 'dry-run')
  assert.equal(modeAt(AT + HOUR, 's1'), 'on')
  assert.equal(modeAt(AT, 's2'), 'on')
  const named = context({ subject: 'the key of s1', nameOf: key => key.replace('the key of ', '') })
  assert.equal(decide(found, RULE, choice, named).mode, 'dry-run')
  assert.deepEqual(decide(found, RULE, choice, context({ subject: 's3' })).also, ['s2'])
  assert.deepEqual(decide(found, RULE, choice, context({ subject: 's3', at: AT + HOUR })).also, ['s2', 's1'])
})

test('property: every decision but a suspension has an end, and no setting makes a rule vanish', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...RESPONSES),
      fc.option(fc.constantFrom(...RESPONSES), { nil: undefined }),
      fc.constantFrom('on' as const, 'dry-run' as const),
      fc.integer({ min: 0, max: 10_000 }),
      fc.option(fc.stringMatching(/^\d{0,15}$/), { nil: undefined }),
      (response, wanted, mode, count, prefix) => {
        const choice = { mode, response: wanted }
        const decision = decide(finding({ response, prefix }), RULE, choice, context({ repeats: () => count }))
        assert.equal(decision.mode, mode)
        if (decision.response === 'suspend') assert.equal(decision.expiresAt, undefined)
        else assert.ok(decision.expiresAt! > AT && decision.expiresAt! <= AT + 7 * 24 * HOUR)
        if (decision.response !== 'block-destination')
          assert.equal(decision.expiresAt ?? 0, AT + (DECISION_DURATIONS_MS[decision.response] ?? -AT))
      },
    ),
  )
})
