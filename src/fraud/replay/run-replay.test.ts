/** What `ringfence fraud replay --json` prints, line by line. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultPolicy, type FraudPolicy } from '../policy.ts'
import { createDeck } from '../rating/deck.ts'
import { microsOf, ZERO } from '../rating/money.ts'
import { readOrganisation, REPLAYED } from './organisation.ts'
import { runReplay } from './run-replay.ts'

const HEADER =
  'id,start,extension,source_ip,user_agent,destination,answered,duration_s,forwarded_by,transferred_by,caller_id,direction,label'

interface Line {
  readonly id: string
  readonly verdict: string
  readonly rule: string | null
  readonly cost: number
  readonly cut_after_s: number | null
  readonly at: string
}

const OFFICE = { country: 'DE', timeZone: 'Europe/Berlin', openCountries: ['GB', 'FR'], extensions: ['100-199'] }

async function replay(rows: readonly string[], policy: Partial<FraudPolicy> = {}, office: object = OFFICE) {
  const organisation = readOrganisation(JSON.stringify(office))
  assert.ok(organisation.ok)
  const billing = { connectionFee: ZERO, minimumSeconds: 0, incrementSeconds: 60, validFrom: undefined }
  const rate = (prefix: string, perMinute: number) => ({ prefix, name: '', perMinute: microsOf(perMinute), ...billing })
  let text = ''
  await runReplay({
    calls: (async function* () {
      yield [HEADER, ...rows, ''].join('\n')
    })(),
    json: true,
    write(part) {
      text += part
    },
    organisation: organisation.value,
    policy: { ...defaultPolicy(REPLAYED, 'DE'), ...policy },
    deck: createDeck('EUR', [rate('49', 20_000), rate('44', 500_000), rate('33', 500_000)]),
    countryOfAddress: () => undefined,
    onRuleError: rule => assert.fail(rule),
  })
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
  return { lines: lines.slice(0, -1) as unknown as readonly Line[], summary: lines.at(-1)! }
}

const row = (
  id: string,
  minute: number,
  destination: string,
  more: Partial<Record<string, string | number>> = {},
): string => {
  const {
    extension = '101',
    seconds = 60,
    label = 'legitimate',
    forwarded = '',
    direction = 'out',
    answered = 1,
  } = more
  const start = new Date(Date.UTC(2026, 2, 2, 10, minute)).toISOString()
  return [
    id,
    start,
    extension,
    '192.0.2.7',
    'Desk',
    destination,
    answered,
    seconds,
    forwarded,
    '',
    '',
    direction,
    label,
  ].join(',')
}

const verdicts = (lines: readonly Line[]) => lines.map(({ id, verdict, rule, cost }) => [id, verdict, rule, cost])

test('one line for each call in the order of the file, then the sums', async () => {
  const { lines, summary } = await replay([
    row('home', 0, '030901820', { seconds: 61 }),
    row('help', 1, '112'),
    row('inside', 2, '102'),
    row('closed', 3, '005371234567', { label: 'attack' }),
    row('nobody', 4, '0999123'),
    row('unanswered', 5, '030901820', { answered: 0 }),
  ])
  assert.deepEqual(verdicts(lines), [
    ['home', 'allow', null, 0.04],
    ['help', 'allow', null, 0],
    ['inside', 'allow', null, 0],
    ['closed', 'block', 'ROUTE_COUNTRY_CLOSED', 0],
    ['nobody', 'block', 'ROUTE_INVALID_NUMBER', 0],
    ['unanswered', 'allow', null, 0],
  ])
  assert.deepEqual(summary, {
    summary: true,
    calls: 6,
    allowed: 4,
    blocked: 2,
    cut: 0,
    suspended: [],
    spent: 0.04,
    attack_cost: 0,
    attack_cost_without: 0,
    legitimate_disturbed: 1,
  })
})

test('a confirmation is a no to an attacker and a yes to a person, and disturbs only the second time', async () => {
  const { lines, summary } = await replay([
    row('thief', 0, '+442079461000', { label: 'attack' }),
    row('first', 1, '+442079461000', { extension: '102' }),
    row('again', 2, '+442079461001', { extension: '103' }),
    row('thief too', 3, '+442079461001', { label: 'attack' }),
    row('france', 4, '+33142685300', { extension: '102' }),
  ])
  assert.deepEqual(verdicts(lines), [
    ['thief', 'confirm', 'FRAUD_FIRST_COUNTRY', 0],
    ['first', 'confirm', 'FRAUD_FIRST_COUNTRY', 0.5],
    ['again', 'allow', null, 0.5],
    ['thief too', 'allow', null, 0.5],
    ['france', 'confirm', 'FRAUD_FIRST_COUNTRY', 0.5],
  ])
  const { blocked, allowed, attack_cost, attack_cost_without, legitimate_disturbed } = summary
  assert.deepEqual([allowed, blocked, attack_cost, attack_cost_without, legitimate_disturbed], [4, 1, 0.5, 1, 0])
})

test('a call is cut before the first increment that does not fit, and its length is said', async () => {
  const caps = { ...defaultPolicy(REPLAYED, 'DE').caps, call: microsOf(100_000) }
  const { lines, summary } = await replay([row('long', 0, '030901820', { seconds: 3_600 })], { caps })
  assert.deepEqual(verdicts(lines), [['long', 'cut', 'FRAUD_CAP_CALL', 0.1]])
  assert.equal(lines[0]?.cut_after_s, 299)
  assert.equal(lines[0]?.at, '2026-03-02T10:04:59.000Z')
  assert.deepEqual([summary['cut'], summary['legitimate_disturbed']], [1, 1])
})

test('a suspension cuts what runs, keeps the rest from beginning, and calls for help go on', async () => {
  const rows = Array.from({ length: 12 }, (_, index) =>
    row(`c${index}`, 0, `03090${1000 + index * 977}`, { label: 'attack', seconds: 900 }),
  )
  const { lines, summary } = await replay([
    ...rows,
    row('later', 90, '030901820'),
    row('help', 91, '112'),
    row('in', 92, '102'),
  ])
  assert.deepEqual(summary['suspended'], ['101'])
  assert.ok(lines.slice(0, 6).every(each => each.verdict === 'cut' && each.rule === 'FRAUD_BURST'))
  assert.ok(lines.slice(6, 13).every(each => each.verdict === 'block'))
  assert.deepEqual(verdicts(lines.slice(-2)), [
    ['help', 'allow', null, 0],
    ['in', 'allow', null, 0],
  ])
})

test('forwards to the outside are closed until the organisation opens them, and charged to who forwards', async () => {
  const forward = row('forward', 0, '+4915112345678', { forwarded: '105' })
  const closed = await replay([forward])
  assert.deepEqual(verdicts(closed.lines), [['forward', 'block', 'CALL_FORWARDING_CLOSED', 0]])
  const open = await replay([forward], {}, { ...OFFICE, offNetForwarding: true })
  assert.equal(open.lines[0]?.verdict, 'allow')
})
