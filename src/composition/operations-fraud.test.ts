import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RateInput } from '../api/fraud-operations.ts'
import { microsOf } from '../fraud/rating/money.ts'
import { got, MIDDAY, refusal, system, typesOf } from '../../test/support/fraud-system.ts'
import { lasts } from './operations-price.ts'

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
  const day = 86_400
  const exempt = got(await operations.fraudRuleChange({ id, exempt: { 101: day, 'trunk:pbx': 2 * day } }))
  const [first, second] = exempt.exempt
  assert.deepEqual([first?.payer, second?.payer, second!.until - first!.until], ['101', 'trunk:pbx', day * 1_000])
  got(await operations.fraudRuleChange({ id, mode: 'on' }))
  const kept = (await again()).policyOf(directory.primary.id).rules[id]?.exempt
  assert.deepEqual(
    kept?.map(each => each.subject),
    ['101', 'trunk:pbx'],
  )
  assert.deepEqual(got(await operations.fraudRuleChange({ id, exempt: { 101: null, 'trunk:pbx': null } })).exempt, [])
  assert.match(await refusal(operations.fraudRuleChange({ id, exempt: { 'a b': day } })), /neither the number of/)
  assert.match(await refusal(operations.fraudRuleChange({ id: 'FRAUD_NOTHING' })), /^FRAUD_UNKNOWN: there is no rule/)
  assert.match(await refusal(operations.fraudRuleChange({ id, thresholds: { nothing: 1 } })), /no threshold nothing/)
  assert.match(await refusal(operations.fraudRuleChange({ id, thresholds: { toString: null } })), /no threshold/)
  assert.deepEqual(typesOf(events), Array(4).fill('fraud.policy-changed'))
})

test('changes that come at once are all kept', async () => {
  const { operations, again, directory, events } = await system()
  const changes = await Promise.all([
    operations.budgetChange({ call: '1' }),
    operations.budgetChange({ riskyDay: '2' }),
    operations.fraudRuleChange({ id: 'FRAUD_BURST', mode: 'dry-run' }),
    operations.fraudRuleChange({ id: 'FRAUD_SPRAY', response: 'block' }),
    operations.fraudPolicyChange({ file: 'p', text: '{ "maximumCallSeconds": 60 }' }),
  ])
  assert.ok(changes.every(each => each.ok))
  const { caps, rules, maximumCallSeconds } = (await again()).policyOf(directory.primary.id)
  assert.deepEqual([caps.call, caps.riskyDay, maximumCallSeconds], [1_000_000, 2_000_000, 60])
  assert.deepEqual([rules['FRAUD_BURST']?.mode, rules['FRAUD_SPRAY']?.response], ['dry-run', 'block'])
  assert.equal(events.length, 5)
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
