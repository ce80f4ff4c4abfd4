import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallId, OrganisationId } from '../../base/ids.ts'
import { createDecisionTable, type KeptDecision } from '../../guard/enforce/decision-table.ts'
import type { Decision, Finding } from '../../guard/types.ts'
import { createHistory } from '../history/history.ts'
import { defaultPolicy, type RuleSetting } from '../policy.ts'
import type { FraudObservation } from '../types.ts'
import { createJudge } from './judge.ts'

const OURS = 'o1' as OrganisationId
const AT = Date.UTC(2026, 10, 23, 3)
const DAY = 86_400_000

function world(finding: Partial<Finding>, setting?: RuleSetting) {
  const decisions = createDecisionTable()
  const decided: KeptDecision[] = []
  const acts: string[] = []
  const errors: string[] = []
  let ids = 0
  const state: { fault: Error | undefined } = { fault: undefined }
  const judge = createJudge({
    rules: [
      {
        id: 'TEST',
        title: 't',
        description: 'd',
        thresholds: {},
        sees: ['refused'],
        judge() {
          if (state.fault !== undefined) throw state.fault
          return { response: 'block', reason: 'because', evidence: {}, ...finding }
        },
      },
    ],
    history: createHistory(),
    policyOf: () => {
      const policy = defaultPolicy(OURS, 'DE')
      return setting === undefined ? policy : { ...policy, rules: { TEST: setting } }
    },
    decisions,
    newId: () => `d${++ids}`,
    nameOf: payer => payer.replace('key-of-', ''),
    onRuleError: rule => errors.push(rule),
    effects: {
      suspend: (_, payer, { id }) => acts.push(`suspend ${payer} ${id}`),
      endCalls: (_, payer, { id }) => acts.push(`end ${payer} ${id}`),
      decided: each => decided.push(each as KeptDecision),
      capReached() {},
      charged() {},
    },
  })
  const see = (at = AT, payer = 'key-of-101'): Decision | undefined => {
    const refused = { kind: 'refused', callId: 'c' as CallId, rule: 'R', dialled: '1' } as const
    const observation: FraudObservation = { ...refused, at, organisationId: OURS, payer }
    return judge.see(observation)
  }
  return { see, decided, acts, errors, decisions, state }
}

test('a finding stops the call, is told once a minute, and names the decision that is kept', () => {
  const { see, decided, acts, decisions } = world({ response: 'end-calls' })
  for (let count = 0; count < 3; count++) assert.equal(see(AT + count)?.response, 'end-calls')
  assert.deepEqual(
    decided.map(each => each.id),
    ['d1'],
  )
  assert.deepEqual(acts, Array(3).fill('end key-of-101 d1'))
  assert.equal(decisions.get('d1')?.count, 3)
})

test('a suspension is done to all whom it names', () => {
  const { see, acts } = world({ response: 'suspend', also: ['key-of-102', 'key-of-101'] })
  see()
  assert.deepEqual(acts, ['suspend key-of-101 d1', 'end key-of-101 d1', 'suspend key-of-102 d1', 'end key-of-102 d1'])
})

test('a dry run and an exemption tell and do nothing; who is not exempt is stopped', () => {
  const dry = world({ response: 'suspend' }, { mode: 'dry-run' })
  assert.equal(dry.see(), undefined)
  assert.deepEqual([dry.decided.length, dry.acts], [1, []])
  const exempt = [{ subject: '101', until: AT + DAY }]
  const some = world({ response: 'suspend' }, { mode: 'on', exempt })
  assert.equal(some.see(), undefined)
  assert.deepEqual([some.decided[0]?.mode, some.acts], ['dry-run', []])
  assert.equal(some.see(AT, 'key-of-102')?.mode, 'on')
  assert.equal(some.see(AT + DAY)?.mode, 'on')
})

test('a destination that is closed again stays closed for longer', () => {
  const { see, decided } = world({ response: 'block-destination', prefix: '88213' })
  for (const at of [AT, AT + DAY, AT + 5 * DAY]) see(at)
  assert.deepEqual(
    decided.map(each => (each.expiresAt! - each.at) / DAY),
    [1, 3, 7],
  )
})

test('a rule that throws is told, and stops nobody', () => {
  const { see, errors, state } = world({})
  state.fault = new Error('a fault of ours')
  assert.equal(see(), undefined)
  assert.deepEqual(errors, ['TEST'])
})
