/** The table against a list that is searched from end to end: whatever happens in whatever order, they say the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OrganisationId } from '../../base/ids.ts'
import { type Decision, RESPONSES } from '../types.ts'
import { createDecisionTable, type DecisionTable, type KeptDecision } from './decision-table.ts'

const AT = 1_700_000_000_000
const ORGANISATIONS = ['o1', 'o2'] as OrganisationId[]
const SUBJECTS = ['s1', 's2', 'trunk:pbx']
const PREFIXES = ['8', '88', '882', '8821', '49']
const NUMBERS = ['+8', '+8821345', '+8899', '+4930', '+1212', '8821345']

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      organisationId: fc.constantFrom(...ORGANISATIONS),
      subject: fc.constantFrom(...SUBJECTS),
      also: fc.option(fc.subarray(SUBJECTS), { nil: undefined }),
      rule: fc.constantFrom('A', 'B'),
      response: fc.constantFrom(...RESPONSES),
      mode: fc.constantFrom('on' as const, 'on' as const, 'dry-run' as const),
      prefix: fc.constantFrom(...PREFIXES),
      value: fc.constantFrom('FR', 'ES'),
      lasts: fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat({ max: 50 }),
      state: fc.constantFrom('undone' as const, 'approved' as const, 'denied' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      organisationId: fc.constantFrom(...ORGANISATIONS),
      subject: fc.constantFrom(...SUBJECTS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 90_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What the table gave out, in order, as it is now. */
type Model = Map<string, KeptDecision>

const live = ({ state, expiresAt, mode }: KeptDecision, at: number): boolean =>
  mode === 'on' && state === 'in-force' && (expiresAt === undefined || at < expiresAt)

function holds(each: KeptDecision, subject: string): boolean {
  const named = each.subject === subject || each.also?.includes(subject) === true
  return each.response === 'suspend' && named && each.released?.includes(subject) !== true
}

function decisionOf(each: Extract<Step, { kind: 'add' }>, id: string, at: number): Decision {
  const { organisationId, subject, also, rule, response, mode, prefix, value, lasts } = each
  const approval = { kind: 'country' as const, value }
  const expiresAt = lasts === undefined ? undefined : at + lasts
  const said = { reason: 'because', evidence: {}, callId: undefined }
  return { id, at, organisationId, subject, also, rule, response, mode, prefix, approval, expiresAt, ...said }
}

function agree(table: DecisionTable, model: Model, at: number): void {
  const all = [...model.values()]
  for (const organisationId of ORGANISATIONS) {
    const own = all.filter(each => each.organisationId === organisationId)
    for (const subject of SUBJECTS) {
      const expected = own.some(each => live(each, at) && holds(each, subject))
      assert.equal(table.heldPayer(organisationId, subject, at) !== undefined, expected, `held: ${subject}`)
    }
    for (const number of NUMBERS) {
      const digits = number.replace('+', '')
      const closed = own.filter(each => live(each, at) && each.response === 'block-destination')
      const expected = closed.map(each => each.prefix!).filter(prefix => digits.startsWith(prefix))
      const longest = expected.toSorted((a, b) => b.length - a.length)[0]
      assert.equal(table.blockedDestination(organisationId, number, at)?.prefix, longest, `closed: ${number}`)
    }
    const waiting = own.filter(each => live(each, at) && each.response === 'confirm').map(each => each.id)
    assert.deepEqual(new Set(table.waiting(organisationId, at).map(each => each.id)), new Set(waiting))
    const questions = table.waiting(organisationId, at).map(each => `${each.subject} ${each.approval?.value}`)
    assert.equal(new Set(questions).size, questions.length, 'the same is asked twice')
  }
}

test('property: what is held, closed and asked is what the decisions in force say', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      let table = createDecisionTable()
      const model: Model = new Map()
      let at = AT
      steps.forEach((each, index) => {
        if (each.kind === 'wait') at += each.time
        if (each.kind === 'add') {
          const { decision, fresh } = table.add(decisionOf(each, `d${index}`, at), at)
          assert.equal(fresh, !model.has(decision.id))
          model.set(decision.id, decision)
        }
        if (each.kind === 'settle') {
          const id = [...model.keys()][each.which]
          const settled = id === undefined ? undefined : table.settle(id, each.state)
          if (settled !== undefined) model.set(settled.id, settled)
        }
        if (each.kind === 'release') {
          for (const changed of table.release(each.organisationId, each.subject, at)) model.set(changed.id, changed)
        }
        if (each.kind === 'restart') {
          table = createDecisionTable()
          table.restoreFrom([...model.values()])
        }
        agree(table, model, at)
        if (each.kind === 'release') assert.equal(table.heldPayer(each.organisationId, each.subject, at), undefined)
      })
    }),
    { numRuns: 300 },
  )
})

test('property: the bound holds, and nothing that holds is given up while there is anything else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (steps, limit) => {
      let at = AT
      const table = createDecisionTable({
        limit,
        onEvicted(gone) {
          if (!live(gone, at) || !['suspend', 'block-destination'].includes(gone.response)) return
          const left = ORGANISATIONS.flatMap(each => table.list(each, at))
          assert.ok(
            left.every(each => live(each, at) && ['suspend', 'block-destination'].includes(each.response)),
            'something lighter was left',
          )
        },
      })
      steps.forEach((each, index) => {
        if (each.kind === 'wait') at += each.time
        if (each.kind === 'add') {
          const added = table.add(decisionOf(each, `d${index}`, at), at)
          if (added.fresh) assert.equal(table.get(`d${index}`)?.id, `d${index}`, 'the new one is kept')
        }
        if (each.kind === 'release') table.release(each.organisationId, each.subject, at)
        assert.ok(table.size <= limit)
        assert.equal(table.size, ORGANISATIONS.flatMap(organisation => table.list(organisation, at)).length)
      })
    }),
    { numRuns: 300 },
  )
})
