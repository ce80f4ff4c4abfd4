import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OrganisationId } from '../base/ids.ts'
import { RESPONSES } from '../guard/types.ts'
import { defaultPolicy, type FraudPolicy, type RuleSetting } from './policy.ts'
import {
  describePolicyFault,
  LARGEST_THRESHOLD,
  LONGEST_CALL_SECONDS,
  parsePolicy,
  readRuleSetting,
  RULE_MODES,
  serialisePolicy,
} from './policy-document.ts'
import { microsOf } from './rating/money.ts'

const base = defaultPolicy('org' as OrganisationId, 'DE')
const known = [{ id: 'FRAUD_BURST', thresholds: { calls: 10, windowSeconds: 60 } }]

test('an empty document is the policy as it was', () => {
  assert.deepEqual(parsePolicy('{}', base, known), { ok: true, value: base })
})

test('what is named changes, the rest stays', () => {
  const text = `{ "caps": { "call": "2.50" }, "extensionDayCaps": { "101": "20" },
    "rules": { "FRAUD_BURST": { "mode": "dry-run", "thresholds": { "calls": 5 } } } }`
  const read = parsePolicy(text, base, known)
  assert.ok(read.ok)
  assert.deepEqual(read.value.caps, { ...base.caps, call: microsOf(2_500_000) })
  assert.deepEqual(read.value.extensionDayCaps, { 101: microsOf(20_000_000) })
  assert.deepEqual(read.value.rules, { FRAUD_BURST: { mode: 'dry-run', thresholds: { calls: 5 } } })
  assert.equal(read.value.currency, 'EUR')
})

for (const [text, path, words] of [
  ['', '', /no JSON/],
  ['{ "caps": }', '', /no JSON/],
  ['[]', '', /no object/],
  ['null', '', /no object/],
  ['{ "cap": {} }', 'cap', /allowed are currency, caps,/],
  ['{ "currency": "euro" }', 'currency', /three letters/],
  ['{ "caps": { "call": 5 } }', 'caps.call', /"5" and not 5/],
  ['{ "caps": { "call": "-5" } }', 'caps.call', /no amount/],
  ['{ "caps": { "call": "1,5" } }', 'caps.call', /no amount/],
  ['{ "caps": { "call": null } }', 'caps.call', /null is no amount/],
  ['{ "caps": { "week": "5" } }', 'caps.week', /allowed are call, extensionDay/],
  ['{ "extensionDayCaps": { "a b": "5" } }', 'extensionDayCaps.a b', /no number of an extension/],
  ['{ "maximumCallSeconds": 0 }', 'maximumCallSeconds', /whole number from 1 to 86400/],
  ['{ "maximumCallSeconds": 1.5 }', 'maximumCallSeconds', /whole number/],
  ['{ "rules": { "FRAUD_BRUST": {} } }', 'rules.FRAUD_BRUST', /there are FRAUD_BURST/],
  ['{ "rules": { "FRAUD_BURST": { "mode": "off" } } }', 'rules.FRAUD_BURST.mode', /none of on, dry-run/],
  ['{ "rules": { "FRAUD_BURST": { "response": "allow" } } }', 'rules.FRAUD_BURST.response', /none of alert, confirm/],
  [
    '{ "rules": { "FRAUD_BURST": { "thresholds": { "call": 1 } } } }',
    'rules.FRAUD_BURST.thresholds.call',
    /allowed are calls, windowSeconds/,
  ],
  [
    '{ "rules": { "FRAUD_BURST": { "thresholds": { "calls": "1" } } } }',
    'rules.FRAUD_BURST.thresholds.calls',
    /"1" is not a whole number/,
  ],
] as const) {
  test(`refused, with where it stands: ${text}`, () => {
    const read = parsePolicy(text, base, known)
    assert.ok(!read.ok)
    assert.equal(read.error.path, path)
    assert.match(read.error.message, words)
    assert.ok(describePolicyFault('policy.json', read.error).startsWith('policy.json: '))
  })
}

test('a name that every object has is no rule and no threshold', () => {
  for (const text of ['{ "rules": { "__proto__": { "mode": "on" } } }', '{ "rules": { "constructor": {} } }']) {
    assert.equal(parsePolicy(text, base, known).ok, false, text)
  }
  const text = '{ "rules": { "FRAUD_BURST": { "thresholds": { "toString": 1 } } } }'
  assert.equal(parsePolicy(text, base, known).ok, false)
})

const setting = fc
  .record({
    mode: fc.constantFrom(...RULE_MODES),
    response: fc.option(fc.constantFrom(...RESPONSES), { nil: undefined }),
    calls: fc.option(fc.integer({ min: 0, max: LARGEST_THRESHOLD }), { nil: undefined }),
    exempt: fc
      .uniqueArray(
        fc.record(
          {
            subject: fc.constantFrom('101', 'trunk:pbx', 'number:+4930901820'),
            until: fc.integer({ min: 0, max: 4_000_000_000_000 }),
          },
          { noNullPrototype: true },
        ),
        { selector: each => each.subject, maxLength: 3 },
      )
      .map(all => all.toSorted((a, b) => (a.subject < b.subject ? -1 : 1))),
  })
  .map(
    ({ mode, response, calls, exempt }): RuleSetting => ({
      mode,
      ...(response === undefined ? {} : { response }),
      ...(calls === undefined ? {} : { thresholds: { calls } }),
      ...(exempt.length === 0 ? {} : { exempt }),
    }),
  )
const money = fc.integer({ min: 0, max: 999_999_999_999_999 }).map(microsOf)
const policies: fc.Arbitrary<FraudPolicy> = fc.record({
  organisationId: fc.constant(base.organisationId),
  currency: fc.stringMatching(/^[A-Z]{3}$/),
  caps: fc.record({
    call: money,
    extensionDay: money,
    organisationDay: money,
    organisationMonth: money,
    riskyDay: money,
  }),
  extensionDayCaps: fc.dictionary(fc.stringMatching(/^[0-9]{2,5}$/), money, { noNullPrototype: true }),
  maximumCallSeconds: fc.integer({ min: 1, max: LONGEST_CALL_SECONDS }),
  rules: fc.option(setting, { nil: undefined }).map(each => (each === undefined ? {} : { FRAUD_BURST: each })),
})

test('what is written is read as the same, over whatever defaults', () => {
  fc.assert(
    fc.property(policies, policy => {
      const over = { ...base, currency: 'XXX', caps: { ...base.caps, call: microsOf(1) } }
      assert.deepEqual(parsePolicy(serialisePolicy(policy), over, known), {
        ok: true,
        value: { ...policy, caps: { ...policy.caps } },
      })
    }),
  )
})

test('one setting changes what it names', () => {
  const before: RuleSetting = { mode: 'dry-run', response: 'block', thresholds: { calls: 3 } }
  const changed = readRuleSetting('FRAUD_BURST', { thresholds: { windowSeconds: 5 } }, before, known)
  assert.deepEqual(changed, {
    ok: true,
    value: { mode: 'dry-run', response: 'block', thresholds: { calls: 3, windowSeconds: 5 } },
  })
})

test('an exemption has a payer and a date, is added to the others, and taken away by null', () => {
  const before: RuleSetting = { mode: 'on', exempt: [{ subject: '101', until: 1_000 }] }
  const read = (exempt: unknown) => readRuleSetting('FRAUD_BURST', { exempt }, before, known)
  const added = read({ 'trunk:pbx': '2026-12-31' })
  const until = Date.UTC(2026, 11, 31)
  assert.deepEqual(added, {
    ok: true,
    value: { mode: 'on', exempt: [...before.exempt!, { subject: 'trunk:pbx', until }] },
  })
  assert.deepEqual(read({ 101: null }), { ok: true, value: { mode: 'on' } })
  for (const wrong of [
    [],
    '101',
    { 'a b': '2026-12-31' },
    { 101: 'for ever' },
    { 101: 1_900_000_000_000 },
    { '': null },
  ]) {
    const refused = read(wrong)
    assert.ok(!refused.ok && refused.error.path.startsWith('rules.FRAUD_BURST.exempt'), JSON.stringify(wrong))
  }
})
