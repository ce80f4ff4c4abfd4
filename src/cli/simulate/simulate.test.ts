import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAKE_DECISION } from '../../api/fake-fraud.ts'
import { createFakeOperations } from '../../api/fake-operations.ts'
import { FAKE_TRUNK } from '../../api/fake-outside.ts'
import type { OperationResult } from '../../api/operations.ts'
import { systemClock } from '../../base/clock.ts'
import { assignedNumber } from '../../routing/e164.ts'
import type { CallEnding, CallOutcome, PhoneCall } from '../../test-phone/call.ts'
import type { createTestPhone, TestPhone } from '../../test-phone/test-phone.ts'
import { createFakeTerminal } from '../fake-ports.ts'
import { moneyBetween } from '../fraud-values.ts'
import { ATTACKS, planAttack, SPRAYED } from './attacks.ts'
import { runSimulation } from './run-simulation.ts'

test('what is sprayed is one number of each country, and a dial plan takes each for one', () => {
  const countries = SPRAYED.map(number => assignedNumber(number.slice(1))?.plan.country)
  assert.ok(
    !countries.includes(undefined),
    JSON.stringify(SPRAYED.filter((_, index) => countries[index] === undefined)),
  )
  assert.equal(new Set(countries).size, SPRAYED.length)
})

test('every attack is bounded in calls and in time, and dials numbers that exist', () => {
  for (const attack of ATTACKS) {
    for (const [calls, seconds] of [
      [1, 1],
      [20, 30],
      [100, 600],
    ] as const) {
      const plan = planAttack(attack, { calls, seconds, destination: undefined })
      assert.ok(plan.length > 0 && plan.length <= calls, attack)
      for (const { at, number } of plan) {
        assert.ok(at >= 0 && at < seconds * 1_000, attack)
        assert.notEqual(assignedNumber(number.slice(1)), undefined, number)
      }
    }
  }
})

test('a burst is all at once, a night in rounds of four, probes are neighbours', () => {
  const of = (attack: (typeof ATTACKS)[number]) =>
    planAttack(attack, { calls: 8, seconds: 40, destination: '+37060000009' })
  assert.deepEqual(new Set(of('burst').map(each => each.at)), new Set([0]))
  assert.deepEqual(
    of('night').map(each => [each.at, each.holdMs]),
    [0, 0, 0, 0, 20_000, 20_000, 20_000, 20_000].map(at => [at, 20_000]),
  )
  assert.deepEqual(
    of('sequential')
      .map(each => each.number)
      .slice(0, 3),
    ['+37060000009', '+37060000010', '+37060000011'],
  )
})

test('the difference of two sums is exact and never negative', () => {
  assert.equal(moneyBetween('0.10', '0.30'), '0.20')
  assert.equal(moneyBetween('41.70', '41.700001'), '0.000001')
  assert.equal(moneyBetween('5.00', '4.00'), '0.00')
})

/** A phone without a network: each call ends as the script says, in order. */
function phoneOf(script: readonly CallOutcome[], done: string[]): typeof createTestPhone {
  let next = 0
  return () => {
    const calls: PhoneCall[] = []
    return {
      calls,
      register: async () => ({ ok: true, expires: 600 }),
      call(target: string) {
        const outcome = script[next++] ?? { ok: true, setupMs: 1 }
        const { promise: ended, resolve } = Promise.withResolvers<CallEnding>()
        done.push(target)
        const call = {
          outcome: Promise.resolve(outcome),
          ended,
          async hangup() {
            resolve({ by: 'us', reason: undefined })
          },
        } as unknown as PhoneCall
        if (next === 2) resolve({ by: 'them', reason: 'no money left' })
        calls.push(call)
        return call
      },
      async stop() {
        done.push('stop')
      },
    } as unknown as TestPhone
  }
}

const REFUSED: CallOutcome = { ok: false, status: 403, reason: 'Forbidden', warning: 'too many calls' }
const ANSWERED: CallOutcome = { ok: true, setupMs: 1 }
const NEVER = new Promise<never>(() => {})

test('what came of an attack is counted, and nothing is left of it', async () => {
  const { operations, state } = createFakeOperations()
  state.extensions.set('101', {
    number: '101',
    name: '',
    state: 'suspended',
    suspendedReason: 'FRAUD_BURST',
    devices: 1,
    registered: 1,
  })
  state.fraud.decisions = [{ ...FAKE_DECISION, at: Date.now() + 60_000 }]
  const done: string[] = []
  const report = await runSimulation({
    operations,
    extension: '101',
    plan: planAttack('burst', { calls: 4, seconds: 1, destination: undefined }),
    seconds: 1,
    clock: systemClock,
    interrupted: NEVER,
    createPhone: phoneOf([ANSWERED, ANSWERED, REFUSED, REFUSED], done),
    readCa: () => '',
  })
  assert.deepEqual([report.placed, report.answered, report.cut], [4, 2, 1])
  assert.deepEqual(report.refused, [{ status: 403, reason: 'too many calls', calls: 2 }])
  assert.deepEqual(report.rules, ['FRAUD_BURST'])
  assert.ok(report.firstRefusedMs !== null && report.suspendedMs !== null)
  assert.deepEqual([report.ok, report.charged, report.chargedToday], [true, '0.00', '3.20'])
  assert.equal(done.at(-1), 'stop')
  assert.equal(state.devices.size, 0)
})

test('more than the cap is a failure', async () => {
  const { operations, state } = createFakeOperations()
  state.fraud.budget = {
    ...state.fraud.budget,
    lines: [
      { scope: 'organisation-day', payer: '', period: '2026-11-22', charged: '50.01', cap: '50.00', perMille: 1_000 },
    ],
  }
  state.extensions.set('101', {
    number: '101',
    name: '',
    state: 'active',
    suspendedReason: null,
    devices: 0,
    registered: 0,
  })
  const report = await runSimulation({
    operations,
    extension: '101',
    plan: planAttack('sequential', { calls: 1, seconds: 1, destination: undefined }),
    seconds: 1,
    clock: systemClock,
    interrupted: NEVER,
    createPhone: phoneOf([REFUSED], []),
    readCa: () => '',
  })
  assert.deepEqual([report.ok, report.suspendedMs], [false, null])
})

test('it says what it would do, and asks nothing, on a dry run', async () => {
  const { run, state, openCount } = createFakeTerminal()
  const { exit, out } = await run('fraud', 'simulate', 'burst', '--from', '101', '--calls', '5', '--dry-run')
  assert.equal(exit, 0)
  assert.match(out, /^burst: a stolen credential is drained/)
  assert.match(out, /^5 calls from 101 within 30 s, to \+37060000001, \+37060000002 … \+37060000005\.$/m)
  assert.deepEqual([state.asked, openCount()], [[], 0])
  const json = JSON.parse((await run('fraud', 'simulate', 'spray', '--from', '101', '--dry-run', '--json')).out)
  assert.equal(json.plan.length, 20)
})

for (const [host, refused] of [
  ['sip.example.net', true],
  ['192.0.2.1', true],
  ['localhost', true],
  ['127.0.0.1.example.net', true],
  ['10.0.0.1', true],
] as const) {
  test(`no attack on a system whose trunk leads to ${host}`, async () => {
    const { run, state } = createFakeTerminal()
    state.outside.trunks.set('a', { ...FAKE_TRUNK, name: 'a', host })
    const { exit, err } = await run('fraud', 'simulate', 'burst', '--from', '101')
    assert.equal(exit === 2 && /cost money by a \(/.test(err), refused)
    assert.deepEqual(state.asked, [])
  })
}

test('a trunk on this machine, one that is off, and one that was named are no hindrance', async () => {
  const deviceAdd = async (): Promise<OperationResult<never>> => ({
    ok: false,
    error: { code: 'OPERATION_FAILED', message: 'it would begin here' },
  })
  for (const [host, enabled, extra] of [
    ['127.0.0.31', true, []],
    ['::1', true, []],
    ['[::1]', true, []],
    ['sip.example.net', false, []],
    ['sip.example.net', true, ['--allow-insecure-real-trunks']],
  ] as const) {
    const { run, state, ports } = createFakeTerminal()
    const opened = await ports.openOperations('')
    Object.assign(opened.operations, { deviceAdd })
    state.outside.trunks.set('a', { ...FAKE_TRUNK, name: 'a', host, state: enabled ? 'enabled' : 'disabled' })
    const { err } = await run('fraud', 'simulate', 'burst', '--from', '101', ...extra)
    assert.match(err, /it would begin here/, host)
  }
})

test('a night needs an office that is closed', async () => {
  const { run } = createFakeTerminal()
  const { exit, err } = await run('fraud', 'simulate', 'night', '--from', '101')
  assert.equal(exit, 2)
  assert.match(err, /the office is open now/)
})
