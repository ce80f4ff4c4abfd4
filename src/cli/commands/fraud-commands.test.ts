import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FAKE_DECISION } from '../../api/fake-fraud.ts'
import type { RateInput } from '../../api/fraud-operations.ts'
import { fail, ok } from '../../base/result.ts'
import { createFakeTerminal } from '../fake-ports.ts'

function rates(count: number): readonly RateInput[] {
  return Array.from({ length: count }, (_, index) => ({
    prefix: `49${index}`,
    name: '',
    perMinute: index,
    connectionFee: 0,
    minimumSeconds: 0,
    incrementSeconds: 60,
    validFrom: null,
  }))
}

test('a deck is handed over whole, in parts, in its order', async () => {
  const files: string[] = []
  const readDeck = async (file: string) => {
    files.push(file)
    return ok(rates(12_001))
  }
  const { run, state } = createFakeTerminal({ ports: { readDeck } })
  const { exit, out, err } = await run('deck', 'import', '/tmp/rates.csv', '--currency', 'eur')
  assert.equal(exit, 0)
  assert.equal(out, '12001 rates of rates.csv count from now on, in EUR.\n')
  assert.match(err, /A number without a rate cannot be called/)
  assert.deepEqual(files, ['/tmp/rates.csv'])
  assert.deepEqual(state.asked, [
    ['deckBegin', { name: 'rates.csv', currency: 'EUR' }],
    ['deckCommit', { upload: 'u-1' }],
  ])
  assert.deepEqual(state.fraud.uploaded, rates(12_001))
})

test('a broken deck says where, and nothing is asked of the server', async () => {
  const fault = 'rates.csv, line 3, column price_per_minute: "1,5" is no amount such as 0.0123'
  const { run, state } = createFakeTerminal({ ports: { readDeck: async () => fail(fault) } })
  const { exit, out, err } = await run('deck', 'import', 'rates.csv')
  assert.deepEqual([exit, out, err], [1, '', `ringfence: ${fault}\n`])
  assert.deepEqual(state.asked, [])
  const json = await run('deck', 'import', 'rates.csv', '--json')
  assert.deepEqual(JSON.parse(json.err), { error: { code: 'COMMAND_FILE', message: fault } })
})

test('a price is a table of what ends a call', async () => {
  const { run, state } = createFakeTerminal()
  const { exit, out } = await run('deck', 'price', '+493012345678', '--extension', '101')
  assert.equal(exit, 0)
  assert.match(out, /^A minute {2}0\.05 EUR$/m)
  assert.match(out, /^Billed {4}1 minute at least, then 1 minute at a time$/m)
  assert.match(out, /^cap of a call {5}5\.00 EUR {2}1:40:00$/m)
  assert.match(out, /^maximum duration {2} +4:00:00$/m)
  assert.deepEqual(state.asked, [['deckPrice', { number: '+493012345678', extension: '101' }]])
})

test('which prices count, and that the built-in ones come back', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('deck', 'show')).out, /^Rates {5}for every number$/m)
  assert.equal((await run('deck', 'remove')).out, 'The built-in prices count from now on, in EUR.\n')
  assert.deepEqual(state.asked, [['deckRemove', {}]])
})

test('caps are set by name; a cap of an extension is its own', async () => {
  const { run, state } = createFakeTerminal()
  const all = '--call 5 --extension-day 10 --organisation-day 50 --organisation-month 500 --risky-day 5.50'
  assert.equal((await run('budget', 'set', ...all.split(' '), '--maximum-duration', '4h')).exit, 0)
  assert.equal((await run('budget', 'set', '--extension', '101', '--extension-day', '20')).exit, 0)
  assert.equal((await run('budget', 'set', '--extension', '101', '--extension-day', 'none')).exit, 0)
  assert.deepEqual(state.asked, [
    [
      'budgetChange',
      {
        call: '5',
        organisationDay: '50',
        organisationMonth: '500',
        riskyDay: '5.50',
        maximumCallSeconds: 14_400,
        extensionDay: '10',
      },
    ],
    ['budgetChange', { extension: { number: '101', day: '20' } }],
    ['budgetChange', { extension: { number: '101', day: null } }],
  ])
})

for (const [line, words] of [
  ['budget set', /nothing to change/],
  ['budget set --call 1,5', /--call 1,5: is no amount/],
  ['budget set --call -5', /--call/],
  ['budget set --call 1e3', /is no amount/],
  ['budget set --call none', /is no amount/],
  ['budget set --maximum-duration 25h', /at most 1 day/],
  ['budget set --maximum-duration 0m', /is no time/],
  ['budget set --extension 101 --call 5', /--extension goes with --extension-day alone/],
  ['budget set --extension 101 --extension-day 5 --call 5', /--extension goes with --extension-day alone/],
  ['budget set --currency Euros', /no currency/],
  ['fraud block 0370', /is no prefix/],
  ['fraud block +3706 --for ever', /is no time/],
  ['fraud rule FRAUD_BURST --mode off', /Allowed choices are on, dry-run/],
  ['fraud rule FRAUD_BURST --threshold calls', /is no threshold/],
  ['fraud rule FRAUD_BURST --threshold calls=1.5', /is no threshold/],
  ['fraud rule FRAUD_BURST --threshold calls=-1', /is no threshold/],
  ['fraud decisions --limit 0', /--limit 0/],
  ['fraud approve d-1 --for 99999d', /is no time/],
] as const) {
  test(`refused before anything is asked: ${line}`, async () => {
    const { run, state } = createFakeTerminal()
    const { exit, err } = await run(...line.split(' '))
    assert.equal(exit, 2)
    assert.match(err, words)
    assert.deepEqual(state.asked, [])
  })
}

test('a budget is a bar that shows every cent', async () => {
  const { run, state } = createFakeTerminal()
  const line = { scope: 'organisation-day', payer: '', period: '2026-11-22', cap: '50.00' } as const
  state.fraud.budget = {
    ...state.fraud.budget,
    lines: [
      { ...line, charged: '0.01', perMille: 1 },
      { ...line, charged: '25.00', perMille: 500 },
      { ...line, charged: '60.00', perMille: 1_200 },
      { ...line, scope: 'extension-day', payer: '101', charged: '0.00', perMille: 0 },
    ],
  }
  const { out } = await run('budget', 'show')
  assert.match(out, / {2}\[#\.{19}\] {3}1 %$/m)
  assert.match(out, / {2}\[#{10}\.{10}\] {2}50 %$/m)
  assert.match(out, / {2}\[#{20}\] 120 %$/m)
  assert.match(out, /^101, day {10,}2026-11-22 .* {2}\[\.{20}\] {3}0 %$/m)
  assert.match(out, /^Reserved now {2}0\.40 EUR$/m)
  assert.match(out, /^A call {8}5\.00 EUR, and 4 hours$/m)
})

test('status says what was spent, what was stopped, and what a person has to look at', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('fraud', 'status')).out, /^Stopped today {2}nothing$/m)
  state.fraud.status = {
    ...state.fraud.status,
    suspended: ['101'],
    waiting: 2,
    stoppedToday: 12,
    preventedToday: '1440.00',
    firing: [{ rule: 'FRAUD_BURST', found: 12, dryRun: true }],
    blocked: [{ prefix: '3706', decision: 'd', rule: 'OPERATOR', reason: 'premium', expiresAt: null }],
  }
  const { out } = await run('fraud', 'status')
  assert.match(out, /^Today {10}3\.20 of 50\.00 EUR$/m)
  assert.match(out, /^Stopped today {2}12 calls; an hour of each would have cost 1440\.00 EUR$/m)
  assert.match(out, /^Suspended {6}101: /m)
  assert.match(out, /^Waiting {8}2 questions: ringfence fraud approvals$/m)
  assert.match(out, /^FRAUD_BURST {2}12 {11}tried only$/m)
  assert.match(out, /^\+3706 {3}somebody lifts it {2}OPERATOR {2}premium$/m)
})

test('rules are listed with what differs from the standard, one is shown, one is changed', async () => {
  const { run, state } = createFakeTerminal()
  const change =
    'fraud rule FRAUD_BURST --mode dry-run --response block --threshold calls=5 --threshold windowSeconds=standard'
  assert.equal((await run(...change.split(' '))).exit, 0)
  assert.deepEqual(state.asked, [
    [
      'fraudRuleChange',
      { id: 'FRAUD_BURST', mode: 'dry-run', response: 'block', thresholds: { calls: 5, windowSeconds: null } },
    ],
  ])
  assert.match((await run('fraud', 'rules')).out, /^FRAUD_BURST {2}dry-run {2}block .*calls=5\* windowSeconds=60$/m)
  assert.match((await run('fraud', 'rule', 'FRAUD_BURST')).out, /^calls {10}5 \(standard: 10\)$/m)
  assert.equal(state.asked.length, 1)
  const unknown = await run('fraud', 'rule', 'FRAUD_BRUST')
  assert.deepEqual([unknown.exit, unknown.out], [1, ''])
  assert.match(unknown.err, /there is no rule FRAUD_BRUST/)
  await run('fraud', 'rule', 'FRAUD_BURST', '--response', 'standard')
  assert.deepEqual(state.asked.at(-1), ['fraudRuleChange', { id: 'FRAUD_BURST', response: null }])
  const exempt = await run('fraud', 'rule', 'FRAUD_BURST', '--exempt', '105=30d', '--exempt', 'trunk:pbx=none')
  assert.match(exempt.out, /^Only told {6}105 until /m)
  assert.deepEqual(state.asked.at(-1), [
    'fraudRuleChange',
    { id: 'FRAUD_BURST', exempt: { 105: 30 * 86_400, 'trunk:pbx': null } },
  ])
  for (const wrong of ['105', '=30d', '105=for-ever']) {
    assert.equal((await run('fraud', 'rule', 'FRAUD_BURST', '--exempt', wrong)).exit, 2)
  }
})

test('decisions are read, explained and undone; what strangers wrote steers no terminal', async () => {
  const { run, state } = createFakeTerminal()
  assert.equal((await run('fraud', 'decisions')).out, 'Nothing is held against anybody.\n')
  const hostile = '\u001b[2Jnothing here'
  state.fraud.decisions = [
    { ...FAKE_DECISION, count: 3, evidence: { 'user agent': hostile } },
    { ...FAKE_DECISION, id: 'd-9', state: 'undone' },
  ]
  const list = await run('fraud', 'decisions')
  assert.match(list.out, /^d-1 .* 101 {2}suspend {2}restored {2}FRAUD_BURST {2}12 calls .* \(3 times\)$/m)
  assert.doesNotMatch(list.out, /d-9/)
  assert.match((await run('fraud', 'decisions', '--all')).out, /^d-9 .*suspend, undone {2}- /m)
  const one = await run('fraud', 'explain', 'd-1')
  assert.match(one.out, /^ {2}user agent {2}·\[2Jnothing here$/m)
  assert.match(one.out, /^Policy {8}rules\.FRAUD_BURST\.mode: on \(as it comes\)$/m)
  assert.match(one.out, /^Ends {10}when somebody restores or undoes it$/m)
  assert.equal(
    (await run('fraud', 'undo', 'd-1', '--reason', 'us')).out,
    'FRAUD_BURST about 101 (suspend) was undone.\n',
  )
  assert.deepEqual(state.asked.at(-1), ['fraudUndo', { id: 'd-1', reason: 'us' }])
  assert.equal((await run('fraud', 'undo', 'd-1')).exit, 2)
  assert.equal((await run('fraud', 'explain', 'd-7')).exit, 1)
})

test('questions are listed and answered', async () => {
  const { run, state } = createFakeTerminal()
  assert.equal((await run('fraud', 'approvals')).out, 'Nothing waits for an answer.\n')
  const at = Date.UTC(2026, 10, 22, 12)
  state.fraud.approvals = [
    {
      id: 'd-3',
      at,
      payer: '101',
      kind: 'country',
      value: 'FR',
      rule: 'FRAUD_FIRST_COUNTRY',
      reason: 'first call',
      expiresAt: at,
    },
  ]
  assert.match((await run('fraud', 'approvals')).out, /^d-3 .* 101 {2}country FR .* first call$/m)
  assert.match((await run('fraud', 'approve', 'd-3', '--for', '8h')).out, /^Allowed until /)
  assert.match((await run('fraud', 'approve', 'd-3')).out, /^Allowed until /)
  assert.match((await run('fraud', 'deny', 'd-3')).out, /^Denied\./)
  assert.deepEqual(state.asked, [
    ['fraudApprove', { id: 'd-3', seconds: 28_800 }],
    ['fraudApprove', { id: 'd-3', seconds: 2_592_000 }],
    ['fraudDeny', { id: 'd-3' }],
  ])
})

test('a destination is closed and opened, however it is written', async () => {
  const { run, state } = createFakeTerminal()
  assert.equal((await run('fraud', 'block', '+370 6')).out, '+3706 is closed to everybody.\n')
  await run('fraud', 'block', '00881', '--reason', 'satellites', '--for', '7d')
  assert.match((await run('fraud', 'unblock', '3706')).out, /^\+3706 is no longer closed/)
  assert.equal((await run('fraud', 'unblock', '3706')).exit, 1)
  assert.deepEqual(state.asked.slice(0, 3), [
    ['fraudBlock', { prefix: '3706', reason: 'by the operator', seconds: null }],
    ['fraudBlock', { prefix: '881', reason: 'satellites', seconds: 604_800 }],
    ['fraudUnblock', { prefix: '3706', reason: 'by the operator' }],
  ])
})

test('the status of the system says how the money stands, and that unknown means closed', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('status')).out, /^Spent today +not known now: paid calls are closed$/m)
  state.status = { ...state.status, fraud: state.fraud.status }
  const well = (await run('status')).out
  assert.match(well, /^Spent today +3\.20 of 50\.00 EUR$/m)
  assert.match(well, /^Toll fraud +nobody is suspended, nothing waits$/m)
  assert.match(well, /^Prices +built-in: /m)
  const deck = { source: 'imported', name: 'rates.csv', currency: 'EUR', rates: 12, importedAt: 1 } as const
  state.status = { ...state.status, fraud: { ...state.fraud.status, suspended: ['101', '102'], waiting: 1, deck } }
  const bad = (await run('status')).out
  assert.match(bad, /^Toll fraud +SUSPENDED: 101, 102; 1 question for you: ringfence fraud approvals$/m)
  assert.match(bad, /^Prices +rates\.csv, 12 rates$/m)
})

test('a policy is printed as a document that can be given back', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-policy-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const { run, state } = createFakeTerminal()
  const { out } = await run('fraud', 'policy')
  assert.deepEqual(JSON.parse(out), { currency: 'EUR', caps: { call: '5.00' } })
  const file = join(folder, 'policy.json')
  writeFileSync(file, out)
  const taken = await run('fraud', 'policy', file)
  assert.deepEqual([taken.exit, taken.out], [0, out])
  assert.deepEqual(state.asked, [['fraudPolicyChange', { file, text: out }]])
  const missing = await run('fraud', 'policy', join(folder, 'nothing'))
  assert.equal(missing.exit, 1)
  assert.match(missing.err, /nothing cannot be read: ENOENT/)
})

test('a replay needs no server; a fault in a file is the last line, and exit code 1', async () => {
  const asked: unknown[] = []
  const answers = [ok({ calls: 1 }), fail('calls.csv, line 2, column answered: "x" is neither 0 nor 1')]
  const replay = async (files: unknown) => {
    asked.push(files)
    return answers.shift()!
  }
  const { run, opened } = createFakeTerminal({ ports: { replay } })
  const files = '--policy p.json --deck d.csv --organisation o.json --json'
  assert.equal((await run('fraud', 'replay', 'calls.csv', ...files.split(' '))).exit, 0)
  const broken = await run('fraud', 'replay', '-')
  assert.equal(broken.exit, 1)
  assert.equal(broken.err, 'ringfence: calls.csv, line 2, column answered: "x" is neither 0 nor 1\n')
  assert.deepEqual(asked, [
    { file: 'calls.csv', policy: 'p.json', deck: 'd.csv', organisation: 'o.json', json: true },
    { file: '-', policy: undefined, deck: undefined, organisation: undefined, json: false },
  ])
  assert.deepEqual(opened, [])
})
