import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision } from '../guard/types.ts'
import { got, MIDDAY, refusal, system, typesOf } from '../../test/support/fraud-system.ts'

test('a decision is read with what it rests on, by the end of its id', async () => {
  const { operations, decide, fraud } = await system()
  const { id } = decide()
  await fraud.saveDecision(fraud.decisions.get(id)!)
  const [shown] = got(await operations.fraudDecisions({ all: false, limit: 10 }))
  assert.deepEqual([shown?.payer, shown?.state, shown?.expiresAt], ['101', 'in-force', null])
  const explained = got(await operations.fraudExplain({ id: 'decision-1' }))
  assert.equal(explained.ruleNow?.id, 'FRAUD_BURST')
  assert.equal(explained.policyLines[0], 'rules.FRAUD_BURST.mode: on (as it comes)')
  assert.match(explained.undo!, /fraud undo/)
  assert.match(await refusal(operations.fraudExplain({ id: 'nothing' })), /^FRAUD_UNKNOWN/)
})

test('what only told and what was only tried is listed with everything, and cannot be undone', async () => {
  const { operations, decide, fraud } = await system()
  const told = decide({ response: 'alert' })
  const tried = decide({ mode: 'dry-run', rule: 'FRAUD_SPRAY' })
  for (const { id } of [told, tried]) await fraud.saveDecision(fraud.decisions.get(id)!)
  assert.deepEqual(got(await operations.fraudDecisions({ all: false, limit: 10 })), [])
  const all = got(await operations.fraudDecisions({ all: true, limit: 10 }))
  assert.deepEqual(all.map(each => each.state).toSorted(), ['dry-run', 'told'])
  assert.match(await refusal(operations.fraudUndo({ id: told.id, reason: 'x' })), /^FRAUD_REFUSED/)
})

test('undoing a suspension restores whom it suspended, and nobody else', async () => {
  const { operations, decide, directory, events, again } = await system()
  const { id: organisationId } = directory.primary
  const second = directory.extensionByNumber(organisationId, '102')!.id
  const { id, rule, reason } = decide({ also: [second] })
  const actor = { kind: 'system', name: 'fraud control' } as const
  await directory.suspend({ number: '101', reason: `${rule}: ${reason} (decision ${id})` }, actor)
  await directory.suspend({ number: '102', reason: 'stolen' }, actor)
  assert.deepEqual(got(await operations.fraudStatus()).suspended, ['101', '102'])
  assert.equal(got(await operations.fraudUndo({ id, reason: 'it was us' })).state, 'undone')
  assert.equal(directory.extensionByNumber(organisationId, '101')?.state, 'active')
  assert.equal(directory.extensionByNumber(organisationId, '102')?.state, 'suspended')
  assert.ok(typesOf(events).includes('fraud.undone'))
  assert.match(await refusal(operations.fraudUndo({ id, reason: 'x' })), /was undone already/)
  assert.equal((await again()).decisions.get(id)?.state, 'undone')
})

test('what two rules suspended is restored when both are undone, in whatever order', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ] as const) {
    const { operations, decide, directory } = await system()
    const decisions = [decide(), decide({ rule: 'FRAUD_SPRAY' })]
    const [{ id, rule, reason }] = decisions as [Decision]
    const text = `${rule}: ${reason} (decision ${id})`
    await directory.suspend({ number: '101', reason: text }, { kind: 'system', name: 'fraud control' })
    const stateOf = (): string | undefined => directory.extensionByNumber(directory.primary.id, '101')?.state
    got(await operations.fraudUndo({ id: decisions[order[0]]!.id, reason: 'x' }))
    assert.equal(stateOf(), 'suspended')
    got(await operations.fraudUndo({ id: decisions[order[1]]!.id, reason: 'x' }))
    assert.equal(stateOf(), 'active')
  }
})

test('restoring an extension ends what is held against it, also after a restart', async () => {
  const { operations, decide, directory, fraud, again } = await system()
  const { id, organisationId, subject } = decide()
  await fraud.saveDecision(fraud.decisions.get(id)!)
  await directory.suspend({ number: '101', reason: 'FRAUD_BURST: …' }, { kind: 'system', name: 'fraud control' })
  got(await operations.extensionRestore({ number: '101', reason: 'phone is fine' }))
  assert.equal(fraud.decisions.heldPayer(organisationId, subject, MIDDAY), undefined)
  const restarted = await again()
  assert.equal(restarted.decisions.heldPayer(organisationId, subject, MIDDAY), undefined)
  assert.equal(restarted.decisions.get(id)?.state, 'undone')
})

test('restoring one of several leaves the others held, also after a restart', async () => {
  const { operations, decide, directory, fraud, again } = await system()
  const second = directory.extensionByNumber(directory.primary.id, '102')!.id
  const { id, organisationId, subject } = decide({ also: [second] })
  await fraud.saveDecision(fraud.decisions.get(id)!)
  got(await operations.extensionRestore({ number: '101', reason: 'phone is fine' }))
  for (const { decisions } of [fraud, await again()]) {
    assert.equal(decisions.heldPayer(organisationId, subject, MIDDAY), undefined)
    assert.equal(decisions.heldPayer(organisationId, second, MIDDAY)?.id, id)
  }
  assert.deepEqual(got(await operations.fraudStatus()).suspended, ['102'])
})

test('a yes is kept, answers everything that asks for the same, and is not given twice', async () => {
  const { operations, decide, repository, events } = await system()
  const confirm = {
    response: 'confirm',
    approval: { kind: 'country', value: 'FR' },
    expiresAt: MIDDAY + 1_000,
  } as const
  const first = decide(confirm)
  decide({ ...confirm, rule: 'FRAUD_FIRST_COUNTRY' })
  decide({ ...confirm, approval: { kind: 'country', value: 'IT' } })
  assert.equal(got(await operations.fraudApprovals()).length, 2)
  const approved = got(await operations.fraudApprove({ id: first.id, seconds: 3_600 }))
  assert.equal(approved.until, MIDDAY + 3_600_000)
  assert.deepEqual(
    got(await operations.fraudApprovals()).map(each => each.value),
    ['IT'],
  )
  const [stored] = await repository.loadApprovals(MIDDAY)
  assert.deepEqual([stored?.payer, stored?.approval.value], [undefined, 'FR'])
  assert.ok(typesOf(events).includes('fraud.approved'))
  assert.match(await refusal(operations.fraudApprove({ id: first.id, seconds: 1 })), /was approved already/)
})

test('a yes to a country answers everybody who asks for it, one to a network whom it was asked about alone', async () => {
  const { operations, decide, directory, repository } = await system()
  const second = directory.extensionByNumber(directory.primary.id, '102')!.id
  for (const [kind, value, left] of [
    ['country', 'FR', 0],
    ['network', '192.0.2.0/24', 1],
  ] as const) {
    const confirm = { response: 'confirm', approval: { kind, value }, expiresAt: MIDDAY + 1_000 } as const
    const { id } = decide(confirm)
    decide({ ...confirm, subject: second })
    assert.equal(got(await operations.fraudApprovals()).length, 2)
    got(await operations.fraudApprove({ id, seconds: 60 }))
    assert.equal(got(await operations.fraudApprovals()).length, left)
  }
  const stored = await repository.loadApprovals(MIDDAY)
  assert.deepEqual(
    stored.map(each => each.payer === undefined),
    [true, false],
  )
})

test('a no closes the question', async () => {
  const { operations, decide, clock } = await system()
  const confirm = {
    response: 'confirm',
    approval: { kind: 'country', value: 'FR' },
    expiresAt: MIDDAY + 1_000,
  } as const
  const { id } = decide(confirm)
  got(await operations.fraudDeny({ id }))
  assert.deepEqual(got(await operations.fraudApprovals()), [])
  const late = decide({ ...confirm, approval: { kind: 'country', value: 'IT' } })
  clock.advance(1_000)
  assert.match(await refusal(operations.fraudApprove({ id: late.id, seconds: 1 })), /is over/)
})

test('a destination is closed, closed for longer, and opened again', async () => {
  const { operations, fraud, directory, events } = await system()
  const { id } = directory.primary
  const closed = (): string | undefined =>
    fraud.decisions.blockedDestination(id, '+37061234567', MIDDAY + 7_000_000)?.id
  got(await operations.fraudBlock({ prefix: '3706', reason: 'premium', seconds: 3_600 }))
  assert.equal(closed(), undefined)
  const block = got(await operations.fraudBlock({ prefix: '3706', reason: 'premium', seconds: null }))
  assert.equal(closed(), block.decision)
  assert.deepEqual(got(await operations.fraudStatus()).blocked, [block])
  assert.match(await refusal(operations.fraudUnblock({ prefix: '370', reason: '' })), /closed are \+3706/)
  got(await operations.fraudUnblock({ prefix: '3706', reason: 'fine' }))
  assert.equal(closed(), undefined)
  assert.deepEqual(typesOf(events), ['fraud.blocked', 'fraud.undone', 'fraud.blocked', 'fraud.undone'])
})
