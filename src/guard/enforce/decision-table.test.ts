import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrganisationId } from '../../base/ids.ts'
import type { Decision } from '../types.ts'
import { createDecisionTable, type KeptDecision } from './decision-table.ts'

const AT = 1_700_000_000_000
const MINUTE = 60_000
const DAY = 24 * 3_600_000
const OURS = 'o1' as OrganisationId
const THEIRS = 'o2' as OrganisationId

let count = 0

function decision(more: Partial<Decision> = {}): Decision {
  return {
    id: `d${++count}`,
    rule: 'TEST_RULE',
    mode: 'on',
    at: AT,
    organisationId: OURS,
    subject: 's1',
    callId: undefined,
    response: 'suspend',
    reason: 'because',
    evidence: {},
    expiresAt: undefined,
    ...more,
  }
}

const closed = (prefix: string, more: Partial<Decision> = {}): Decision =>
  decision({ response: 'block-destination', prefix, expiresAt: (more.at ?? AT) + DAY, ...more })
const asked = (value: string, more: Partial<Decision> = {}): Decision =>
  decision({ response: 'confirm', approval: { kind: 'country', value }, expiresAt: (more.at ?? AT) + DAY, ...more })

test('a suspension holds its subject and the others that it names, of its organisation alone', () => {
  const table = createDecisionTable()
  const { decision: kept } = table.add(decision({ also: ['trunk:pbx'] }), AT)
  assert.equal(table.heldPayer(OURS, 's1', AT + 1_000 * DAY)?.id, kept.id)
  assert.equal(table.heldPayer(OURS, 'trunk:pbx', AT)?.id, kept.id)
  assert.equal(table.heldPayer(OURS, 's2', AT), undefined)
  assert.equal(table.heldPayer(THEIRS, 's1', AT), undefined)
})

test('the longest prefix that is closed is named, and one that is over opens the way to a shorter one', () => {
  const table = createDecisionTable()
  const short = table.add(closed('882', { expiresAt: AT + 3 * DAY }), AT).decision
  const long = table.add(closed('88213'), AT).decision
  assert.equal(table.blockedDestination(OURS, '+8821399', AT)?.id, long.id)
  assert.equal(table.blockedDestination(OURS, '8821399', AT + DAY)?.id, short.id)
  assert.equal(table.blockedDestination(OURS, '8821399', AT + 3 * DAY), undefined)
  assert.equal(table.blockedDestination(OURS, '+88', AT), undefined)
  assert.equal(table.blockedDestination(THEIRS, '+8821399', AT), undefined)
})

test('a dry run holds nothing', () => {
  const table = createDecisionTable()
  table.add(decision({ mode: 'dry-run' }), AT)
  table.add(closed('49', { mode: 'dry-run' }), AT)
  table.add(asked('FR', { mode: 'dry-run' }), AT)
  assert.equal(table.heldPayer(OURS, 's1', AT), undefined)
  assert.equal(table.blockedDestination(OURS, '4930', AT), undefined)
  assert.deepEqual(table.waiting(OURS, AT), [])
  assert.equal(table.size, 3)
})

test('a flood of the same finding is one decision a minute, with a count', () => {
  const table = createDecisionTable()
  const fresh: number[] = []
  for (let second = 0; second < 120; second++) {
    const at = AT + second * 1_000
    if (table.add(decision({ response: 'block', at, expiresAt: at + DAY }), at).fresh) fresh.push(second)
  }
  assert.deepEqual(fresh, [0, 60])
  assert.deepEqual(
    table.list(OURS, AT).map(each => each.count),
    [60, 60],
  )
})

test('the same question is asked once of a payer, whichever rule asks it and however often', () => {
  const table = createDecisionTable()
  assert.equal(table.add(asked('FR'), AT).fresh, true)
  assert.equal(table.add(asked('FR', { rule: 'OTHER', at: AT + 5 * MINUTE }), AT + 5 * MINUTE).fresh, false)
  assert.equal(table.add(asked('ES'), AT).fresh, true)
  assert.equal(table.add(asked('FR', { subject: 's2' }), AT).fresh, true)
  assert.equal(table.waiting(OURS, AT).length, 3)
  assert.equal(table.waiting(OURS, AT + DAY).length, 0)
})

test('who was told no is not asked again for as long as the question would have waited; a yes asks afresh', () => {
  const table = createDecisionTable()
  const first = table.add(asked('FR'), AT).decision
  assert.equal(table.settle(first.id, 'denied')?.state, 'denied')
  const later = AT + DAY - 1
  assert.equal(table.add(asked('FR', { at: later }), later).fresh, false)
  assert.equal(table.add(asked('FR', { at: AT + DAY }), AT + DAY).fresh, true)
  const other = table.add(asked('ES'), AT).decision
  table.settle(other.id, 'approved')
  assert.equal(table.add(asked('ES', { at: AT + 1 }), AT + 1).fresh, true)
})

test('a suspension that is in force is one decision; one that names somebody new is another', () => {
  const table = createDecisionTable()
  assert.equal(table.add(decision(), AT).fresh, true)
  assert.equal(table.add(decision(), AT + 10 * DAY).fresh, false)
  assert.equal(table.add(decision({ also: ['s2'] }), AT).fresh, true)
  assert.equal(table.add(decision({ also: ['s2'] }), AT).fresh, false)
  assert.equal(table.add(decision({ rule: 'OTHER' }), AT).fresh, true)
})

test('the end of one decision does not end another about the same', () => {
  const table = createDecisionTable()
  const [first, second] = [decision(), decision({ rule: 'OTHER' })].map(each => table.add(each, AT).decision)
  table.settle(second!.id, 'undone')
  assert.equal(table.heldPayer(OURS, 's1', AT)?.id, first!.id)
  table.settle(first!.id, 'undone')
  assert.equal(table.heldPayer(OURS, 's1', AT), undefined)
  assert.equal(table.settle(first!.id, 'undone'), undefined)
})

test('who is restored is held by nothing, others of the same decision stay held, also after a restart', () => {
  const table = createDecisionTable()
  table.add(decision({ also: ['s2'] }), AT)
  table.add(decision({ rule: 'OTHER' }), AT)
  const changed = table.release(OURS, 's1', AT)
  assert.deepEqual(
    changed.map(each => [each.rule, each.state]),
    [
      ['TEST_RULE', 'in-force'],
      ['OTHER', 'undone'],
    ],
  )
  const again = createDecisionTable()
  again.restoreFrom(structuredClone(table.list(OURS, AT)) as KeptDecision[])
  for (const each of [table, again]) {
    assert.equal(each.heldPayer(OURS, 's1', AT), undefined)
    assert.notEqual(each.heldPayer(OURS, 's2', AT), undefined)
  }
  assert.equal(again.add(decision(), AT).fresh, true, 'he does it again, he is held again')
  assert.equal(table.release(OURS, 's2', AT)[0]?.state, 'undone')
})

test('how often a destination was closed: by decisions that stood, within 30 days', () => {
  const table = createDecisionTable()
  const wrong = table.add(closed('882'), AT).decision
  table.settle(wrong.id, 'undone')
  table.add(closed('882', { at: AT + DAY }), AT + DAY)
  table.add(closed('882', { at: AT + 3 * DAY }), AT + 3 * DAY)
  table.add(closed('88', { at: AT + 3 * DAY }), AT + 3 * DAY)
  assert.equal(table.repeats(OURS, '882', AT), 0)
  assert.equal(table.repeats(OURS, '882', AT + 4 * DAY), 2)
  assert.equal(table.repeats(OURS, '882', AT + 32 * DAY), 1)
  assert.equal(table.repeats(THEIRS, '882', AT + 4 * DAY), 0)
})

test('room is made by what would be missed least, and what was in force is told', () => {
  const evicted: string[] = []
  const table = createDecisionTable({ limit: 3, onEvicted: each => evicted.push(each.id) })
  const held = table.add(decision(), AT).decision
  const question = table.add(asked('FR'), AT).decision
  const told = table.add(decision({ response: 'alert', expiresAt: AT + DAY }), AT).decision
  const second = table.add(closed('882'), AT).decision
  assert.deepEqual(evicted, [told.id])
  const third = table.add(decision({ subject: 's3' }), AT).decision
  assert.deepEqual(evicted, [told.id, question.id])
  table.add(decision({ subject: 's4' }), AT + 2 * DAY)
  assert.deepEqual(evicted, [told.id, question.id], 'the block of the destination was over')
  assert.equal(table.get(second.id), undefined)
  table.add(decision({ subject: 's5' }), AT + 2 * DAY)
  assert.equal(evicted.at(-1), held.id)
  assert.equal(table.heldPayer(OURS, 's3', AT)?.id, third.id)
  assert.equal(table.size, 3)
})

test('a full table stays full when what was kept is read, and the newest of it is kept', () => {
  const table = createDecisionTable({ limit: 2 })
  const kept = [1, 2, 3].map(day => ({ ...closed(`${day}`, { at: AT + day }), count: 1, state: 'in-force' as const }))
  table.restoreFrom(kept.toReversed())
  assert.deepEqual(
    table.list(OURS, AT).map(each => each.prefix),
    ['3', '2'],
  )
})

test('an offer to take a decision back is good until its time, once, and after a restart', () => {
  const table = createDecisionTable()
  const { id } = table.add(decision(), AT).decision
  table.offerUndo(id, { hash: 'h0', until: AT + 8 * DAY })
  table.offerUndo(id, { hash: 'h1', until: AT + 7 * DAY })
  const again = createDecisionTable()
  again.restoreFrom(structuredClone(table.list(OURS, AT)) as KeptDecision[])
  for (const each of [table, again]) {
    assert.equal(each.offered('h1', AT + 7 * DAY - 1)?.id, id)
    assert.equal(each.offered('h1', AT + 7 * DAY), undefined)
    assert.equal(each.offered('h0', AT), undefined)
    assert.equal(each.heldPayer(OURS, 's1', AT)?.id, id)
    each.settle(id, 'undone')
    assert.equal(each.offered('h1', AT), undefined)
    assert.equal(each.offerUndo(id, { hash: 'h2', until: AT + DAY }), undefined)
  }
})

test('no offer outlives the decision', () => {
  const table = createDecisionTable()
  const { id } = table.add(closed('882'), AT).decision
  table.offerUndo(id, { hash: 'h1', until: AT + 7 * DAY })
  assert.equal(table.offered('h1', AT + DAY - 1)?.id, id)
  assert.equal(table.offered('h1', AT + DAY), undefined)
})

test('what else holds the same can be asked', () => {
  const table = createDecisionTable()
  const kept = [
    decision({ also: ['s2'] }),
    decision({ rule: 'OTHER', subject: 's2' }),
    decision({ subject: 's3' }),
    closed('882'),
    closed('882', { rule: 'OTHER' }),
    closed('8821'),
  ].map(each => table.add(each, AT).decision.id)
  const others = kept.map(id => table.holdingTheSame(id, AT).map(each => kept.indexOf(each.id)))
  assert.deepEqual(others, [[1], [0], [], [4], [3], []])
  assert.deepEqual(table.holdingTheSame(kept[3]!, AT + DAY), [])
  assert.deepEqual(table.holdingTheSame('none', AT), [])
})
