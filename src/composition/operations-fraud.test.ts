import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RateInput } from '../api/fraud-operations.ts'
import type { OperationResult, Operations } from '../api/operations.ts'
import { ManualClock } from '../base/clock.ts'
import { createDirectoryService, type DirectoryService } from '../directory/directory-service.ts'
import { createFakeRepository } from '../directory/fake-repository.ts'
import { createEventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createBudgets } from '../fraud/budget/budgets.ts'
import { createFakeFraudRepository } from '../fraud/fake-repository.ts'
import { microsOf } from '../fraud/rating/money.ts'
import { ALL_RULES } from '../fraud/rules/index.ts'
import type { Decision } from '../guard/types.ts'
import { type FraudParts, openFraudParts } from './fraud-parts.ts'
import { lasts } from './operations-price.ts'
import { createOperations } from './operations.ts'

const EMPTY = { list: async () => [], query: async () => [] }
const MIDDAY = Date.UTC(2026, 10, 23, 11)

function got<T>(result: OperationResult<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`)
  return result.value
}

async function refusal(result: Promise<OperationResult<unknown>>): Promise<string> {
  const outcome = await result
  assert.ok(!outcome.ok)
  return `${outcome.error.code}: ${outcome.error.message}`
}

interface System {
  readonly operations: Operations
  readonly directory: DirectoryService
  readonly fraud: FraudParts
  readonly clock: ManualClock
  readonly events: RingfenceEvent[]
  readonly repository: ReturnType<typeof createFakeFraudRepository>
  /** As after a restart: from what was kept. */
  again(): Promise<FraudParts>
  /** As a rule decides, of the extension 101. */
  decide(more?: Partial<Decision>): Decision
}

async function system(): Promise<System> {
  const clock = new ManualClock(MIDDAY)
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  const events: RingfenceEvent[] = []
  const directory = createDirectoryService({
    repository: createFakeRepository().repository,
    clock,
    events: bus,
    domain: 'pbx.example.de',
    country: 'DE',
  })
  await directory.load()
  const repository = createFakeFraudRepository()
  const budgets = createBudgets({ store: repository.budgets, nodeId: 'test', onStoreError: assert.fail })
  const again = (): Promise<FraudParts> => openFraudParts({ repository, directory, clock, rules: ALL_RULES, budgets })
  const fraud = await again()
  const operations = createOperations({
    directory,
    calls: EMPTY as never,
    log: EMPTY as never,
    bus,
    clock,
    actor: { kind: 'operator', name: 'test' },
    outboundProxy: '',
    ca: '',
    live: undefined,
    fraud,
  })
  for (const number of ['101', '102']) got(await operations.extensionAdd({ number, name: `Phone ${number}` }))
  bus.subscribe(event => void events.push(event))
  const { id: organisationId } = directory.primary
  const payer = directory.extensionByNumber(organisationId, '101')!.id
  let count = 0
  const decide = (more: Partial<Decision> = {}): Decision => {
    const decision: Decision = {
      id: `00000000-decision-${++count}`,
      rule: 'FRAUD_BURST',
      mode: 'on',
      at: clock.now(),
      organisationId,
      subject: payer,
      callId: 'call-1',
      response: 'suspend',
      reason: 'too many',
      evidence: { calls: '12' },
      expiresAt: undefined,
      ...more,
    }
    fraud.decisions.add(decision, decision.at)
    return decision
  }
  return { operations, directory, fraud, clock, events, repository, again, decide }
}

const typesOf = (events: readonly RingfenceEvent[]): readonly string[] => events.map(each => each.type)

function rate(prefix: string, perMinute: number): RateInput {
  const price = { perMinute, connectionFee: 0, minimumSeconds: 0, incrementSeconds: 60 }
  return { prefix, name: `to ${prefix}`, ...price, validFrom: null }
}

test('a deck counts when it was committed, and not before', async () => {
  const { operations, events, again, directory } = await system()
  assert.equal(got(await operations.deckShow()).source, 'built-in')
  const { upload } = got(await operations.deckBegin({ name: 'November', currency: 'SEK' }))
  got(await operations.deckAppend({ upload, rates: [rate('49', 20_000)] }))
  assert.equal(got(await operations.deckShow()).source, 'built-in')
  assert.deepEqual(got(await operations.deckAppend({ upload, rates: [rate('4930', 10_000)] })), { rates: 2 })
  const deck = got(await operations.deckCommit({ upload }))
  assert.deepEqual(deck, { source: 'imported', name: 'November', currency: 'SEK', rates: 2, importedAt: MIDDAY })
  assert.deepEqual(typesOf(events), ['fraud.deck-imported', 'fraud.policy-changed'])
  const price = got(await operations.deckPrice({ number: '+493012345678' }))
  assert.deepEqual([price.prefix, price.perMinute, price.currency, price.source], ['4930', '0.01', 'SEK', 'imported'])
  assert.equal((await again()).deckOf(directory.primary.id)?.rates, 2)
  assert.match(await refusal(operations.deckAppend({ upload, rates: [rate('1', 1)] })), /^FRAUD_UNKNOWN/)
})

test('nothing is half-imported: a fault, another import and silence leave the deck before', async () => {
  const { operations, clock } = await system()
  const first = got(await operations.deckBegin({ name: 'a' })).upload
  got(await operations.deckAppend({ upload: first, rates: [rate('49', 1)] }))
  const twice = operations.deckAppend({ upload: first, rates: [rate('43', 1), rate('49', 2)] })
  assert.match(await refusal(twice), /^FRAUD_REFUSED: 49 stands twice/)
  assert.deepEqual(got(await operations.deckAppend({ upload: first, rates: [rate('43', 1)] })), { rates: 2 })
  const second = got(await operations.deckBegin({ name: 'b' })).upload
  assert.match(await refusal(operations.deckCommit({ upload: first })), /^FRAUD_UNKNOWN/)
  assert.match(await refusal(operations.deckCommit({ upload: second })), /no rate/)
  clock.advance(300_001)
  assert.match(await refusal(operations.deckCommit({ upload: second })), /^FRAUD_UNKNOWN/)
  assert.equal(got(await operations.deckShow()).source, 'built-in')
})

test('a deck that is removed leaves built-in prices, in a currency that these have', async () => {
  const { operations } = await system()
  const { upload } = got(await operations.deckBegin({ name: 'a', currency: 'JPY' }))
  got(await operations.deckAppend({ upload, rates: [rate('49', 1)] }))
  got(await operations.deckCommit({ upload }))
  assert.match(await refusal(operations.budgetChange({ currency: 'EUR' })), /import a deck in EUR/)
  const deck = got(await operations.deckRemove())
  assert.deepEqual([deck.source, deck.currency], ['built-in', 'EUR'])
})

test('a price says what it is, why it is closed, and which cap ends a call first', async () => {
  const { operations } = await system()
  const home = got(await operations.deckPrice({ number: '030 12345678' }))
  assert.deepEqual([home.e164, home.country, home.closed, home.source], ['+493012345678', 'DE', null, 'built-in'])
  const abroad = got(await operations.deckPrice({ number: '+8816312345678' }))
  assert.equal(abroad.class, 'fraud-prone')
  assert.notEqual(abroad.closed, null)
  assert.ok(abroad.allowed.some(each => each.limit === 'riskyDay'))
  assert.deepEqual(
    abroad.allowed.map(each => each.seconds),
    abroad.allowed.map(each => each.seconds).toSorted((a, b) => a - b),
  )
  assert.match(await refusal(operations.deckPrice({ number: '112' })), /never charged/)
  assert.match(await refusal(operations.deckPrice({ number: '102' })), /stays inside/)
  assert.match(await refusal(operations.deckPrice({ number: '+0' })), /^FRAUD_REFUSED/)
  assert.match(await refusal(operations.deckPrice({ number: '030 12345678', extension: '999' })), /no extension 999/)
})

test('a number that an imported deck leaves out has no price', async () => {
  const { operations } = await system()
  const { upload } = got(await operations.deckBegin({ name: 'a' }))
  got(await operations.deckAppend({ upload, rates: [rate('43', 1)] }))
  got(await operations.deckCommit({ upload }))
  assert.match(await refusal(operations.deckPrice({ number: '+493012345678' })), /no price for this number/)
})

test('how long a call lasts: the last whole increment that fits', () => {
  const price = { perMinute: microsOf(600_000), connectionFee: microsOf(0), minimumSeconds: 0, incrementSeconds: 60 }
  assert.equal(lasts(price, microsOf(1_799_999), 14_400), 120)
  assert.equal(lasts(price, microsOf(1_800_000), 14_400), 180)
  assert.equal(lasts(price, microsOf(599_999), 14_400), 0)
  assert.equal(lasts(price, microsOf(1_000_000_000), 14_400), 14_400)
  assert.equal(lasts({ ...price, minimumSeconds: 90 }, microsOf(899_999), 14_400), 0)
  assert.equal(lasts({ ...price, minimumSeconds: 90 }, microsOf(900_000), 14_400), 90)
  assert.equal(lasts({ ...price, connectionFee: microsOf(1_800_001) }, microsOf(1_800_000), 14_400), 0)
  assert.equal(lasts({ ...price, perMinute: microsOf(0) }, microsOf(0), 14_400), 14_400)
})

test('caps change by name, are kept, and are told with before and after', async () => {
  const { operations, events, again, directory } = await system()
  const budget = got(await operations.budgetChange({ call: '2.5', riskyDay: '0', maximumCallSeconds: 3_600 }))
  assert.deepEqual([budget.caps.call, budget.caps.riskyDay, budget.caps.extensionDay], ['2.50', '0.00', '20.00'])
  got(await operations.budgetChange({ extension: { number: '101', day: '20' } }))
  const event = events.find(each => each.type === 'fraud.policy-changed')
  assert.deepEqual(event?.data, {
    actor: { kind: 'operator', name: 'test' },
    changed: [
      { field: 'maximumCallSeconds', before: '14400', after: '3600' },
      { field: 'caps.call', before: '10.00', after: '2.50' },
      { field: 'caps.riskyDay', before: '5.00', after: '0.00' },
    ],
  })
  const kept = (await again()).policyOf(directory.primary.id)
  assert.equal(kept.caps.call, 2_500_000)
  assert.deepEqual(kept.extensionDayCaps, { 101: 20_000_000 })
  const own = got(await operations.budgetChange({ extension: { number: '101', day: null } }))
  assert.deepEqual(own.extensionDayCaps, {})
  assert.match(await refusal(operations.budgetChange({ extension: { number: '999', day: '1' } })), /no extension 999/)
})

test('what was charged is shown against its cap, a cap of nothing as full', async () => {
  const { operations, directory, fraud } = await system()
  const { id } = directory.primary
  const payer = directory.extensionByNumber(id, '101')!.id
  const shown = await fraud.budgets.show(fraud.policyOf(id), 'Europe/Berlin', MIDDAY, [{ payer, extension: '101' }])
  assert.equal(shown.length, 4)
  got(await operations.budgetChange({ riskyDay: '0' }))
  const { lines, reserved } = got(await operations.budgetShow({ extension: '101' }))
  assert.equal(reserved, null)
  assert.deepEqual(
    lines.map(({ scope, payer: who, cap, perMille }) => [scope, who, cap, perMille]),
    [
      ['organisation-day', '', '150.00', 0],
      ['organisation-month', '', '1500.00', 0],
      ['risky-day', '', '0.00', 1_000],
      ['extension-day', '101', '20.00', 0],
    ],
  )
})

test('a rule is tried, made stricter, and set back; what it does not have is refused', async () => {
  const { operations, events, again, directory } = await system()
  const [burst] = got(await operations.fraudRules())
  const [threshold] = burst!.thresholds
  const { id } = burst!
  const changed = got(
    await operations.fraudRuleChange({ id, mode: 'dry-run', response: 'block', thresholds: { [threshold!.name]: 1 } }),
  )
  assert.deepEqual([changed.mode, changed.response, changed.thresholds[0]?.value], ['dry-run', 'block', 1])
  assert.equal((await again()).policyOf(directory.primary.id).rules[id]?.mode, 'dry-run')
  const back = got(
    await operations.fraudRuleChange({ id, mode: 'on', response: null, thresholds: { [threshold!.name]: null } }),
  )
  assert.deepEqual({ ...back }, { ...burst })
  assert.match(await refusal(operations.fraudRuleChange({ id: 'FRAUD_NOTHING' })), /^FRAUD_UNKNOWN: there is no rule/)
  assert.match(await refusal(operations.fraudRuleChange({ id, thresholds: { nothing: 1 } })), /no threshold nothing/)
  assert.match(await refusal(operations.fraudRuleChange({ id, thresholds: { toString: null } })), /no threshold/)
  assert.deepEqual(typesOf(events), ['fraud.policy-changed', 'fraud.policy-changed'])
})

test('a policy is one document: what it prints, it takes, and a fault changes nothing', async () => {
  const { operations, events, again, directory } = await system()
  const before = got(await operations.fraudPolicy())
  const text = '{ "caps": { "call": "1" }, "rules": { "FRAUD_BURST": { "mode": "dry-run" } } }'
  const after = got(await operations.fraudPolicyChange({ file: 'p.json', text }))
  assert.equal((after['caps'] as Record<string, string>)['call'], '1.00')
  assert.equal((await again()).policyOf(directory.primary.id).rules['FRAUD_BURST']?.mode, 'dry-run')
  assert.deepEqual(got(await operations.fraudPolicyChange({ file: 'p.json', text: JSON.stringify(after) })), after)
  assert.deepEqual(typesOf(events), ['fraud.policy-changed'])
  const broken = operations.fraudPolicyChange({ file: 'p.json', text: '{ "caps": { "call": "2", "week": "1" } }' })
  assert.match(await refusal(broken), /^FRAUD_REFUSED: p\.json: caps\.week: is not known; allowed are call/)
  assert.deepEqual(got(await operations.fraudPolicy()), after)
  assert.notDeepEqual(before, after)
})

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
