/** Calls that spend over several nodes on one set of counters; what they cost is computed from how long they lasted alone. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ManualClock } from '../../src/base/clock.ts'
import type { OrganisationId } from '../../src/base/ids.ts'
import { createBudgets } from '../../src/fraud/budget/budgets.ts'
import type { BudgetKey, Budgets, BudgetStore } from '../../src/fraud/budget/types.ts'
import { defaultPolicy, type FraudPolicy } from '../../src/fraud/policy.ts'
import { type Micros, microsOf } from '../../src/fraud/rating/money.ts'
import { costOf, type Price } from '../../src/fraud/rating/price.ts'
import type { DestinationClass } from '../../src/routing/types.ts'

const ORGANISATION = '00000000-0000-7000-8000-00000000000a' as OrganisationId
const CLASSES: readonly DestinationClass[] = ['ordinary', 'special-service', 'fraud-prone']
const AHEAD_MS = 5_000

/** Around them dates change, hours are doubled or missing, months end. */
const MOMENTS = [
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['Europe/Berlin', '2026-11-30T23:00:00Z'],
  ['America/Santiago', '2026-04-05T03:00:00Z'],
  ['America/Santiago', '2026-09-06T04:00:00Z'],
  ['Asia/Kathmandu', '2026-12-31T18:15:00Z'],
  ['Pacific/Auckland', '2026-09-26T14:00:00Z'],
] as const

export interface Plan {
  readonly moment: (typeof MOMENTS)[number]
  readonly beforeMs: number
  readonly prices: readonly Price[]
  readonly policy: FraudPolicy
  readonly commands: readonly Command[]
}

export interface Command {
  readonly op: 'open' | 'answer' | 'hang-up' | 'pass' | 'burst' | 'crash'
  readonly a: number
  readonly b: number
}

interface Live {
  readonly node: number
  readonly price: Price
  readonly payer: string
  readonly class: DestinationClass
  readonly reservation: string
  paidMs: number
  /** What was paid when: seconds after the answer, and the dates of that moment. */
  readonly paid: { readonly seconds: number; readonly day: string }[]
  answeredAt: number | undefined
  /** Milliseconds that it lasted in the end. */
  lasted: number | undefined
  refused: boolean
}

const micros = (max: number, min = 0) => fc.noBias(fc.integer({ min, max })).map(microsOf)

const price: fc.Arbitrary<Price> = fc.record({
  perMinute: fc.oneof(micros(2_000_000), micros(50_000)),
  connectionFee: fc.oneof(fc.constant(microsOf(0)), micros(200_000)),
  minimumSeconds: fc.constantFrom(0, 0, 1, 30, 60),
  incrementSeconds: fc.constantFrom(1, 6, 7, 30, 60),
})

const policy: fc.Arbitrary<FraudPolicy> = fc
  .record({
    caps: fc.record({
      call: micros(10_000_000, 100_000),
      extensionDay: micros(10_000_000, 100_000),
      organisationDay: micros(20_000_000, 100_000),
      organisationMonth: micros(30_000_000, 100_000),
      riskyDay: micros(10_000_000, 100_000),
    }),
    extensionDayCaps: fc.dictionary(fc.constantFrom('0', '1'), micros(10_000_000)),
    maximumCallSeconds: fc.noBias(fc.integer({ min: 1, max: 3_000 })),
  })
  .map(parts => ({ ...defaultPolicy(ORGANISATION, 'DE'), ...parts }))

const command: fc.Arbitrary<Command> = fc.record({
  op: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom('open', 'answer', 'answer', 'hang-up', 'pass', 'pass', 'burst') },
    { weight: 1, arbitrary: fc.constant('crash') },
  ) as fc.Arbitrary<Command['op']>,
  a: fc.noBias(fc.nat(10_000)),
  b: fc.noBias(fc.nat(10_000)),
})

export const plans: fc.Arbitrary<Plan> = fc.record({
  moment: fc.constantFrom(...MOMENTS),
  beforeMs: fc.integer({ min: 0, max: 400_000 }),
  prices: fc.array(price, { minLength: 1, maxLength: 3 }),
  policy,
  commands: fc.array(command, { minLength: 1, maxLength: 60, size: 'max' }),
})

export interface WorldStore {
  readonly store: BudgetStore
  /** Its process ends without a word. */
  crash(): void
  /** Gives back what it holds in advance. */
  stop(): Promise<void>
}

export interface World {
  run(): Promise<void>
}

export interface WorldOptions {
  readonly nodes: number
  /** Makes the store of a node's next process. */
  open(): WorldStore
  /** What the counters say. */
  counters(keys: readonly BudgetKey[]): Promise<readonly Micros[]>
  /** Goes with the calls. */
  readonly clock?: ManualClock
  /** Whoever is refused alone would not have fitted. For one node. */
  readonly isStrict?: boolean
  /** Whose counters nobody used before. */
  readonly organisationId?: OrganisationId
}

export function createBudgetWorld(plan: Plan, options: WorldOptions): World {
  const { nodes, open, counters, clock, organisationId = ORGANISATION } = options
  const limits = { ...plan.policy, organisationId }
  const { prices } = plan
  const [timeZone, text] = plan.moment
  const start = Date.parse(text) - plan.beforeMs
  let now = start
  let crashed = false
  const calls: Live[] = []
  const processes = Array.from({ length: nodes }, (_, node) => launch(node))

  function launch(node: number): { readonly budgets: Budgets; readonly store: WorldStore } {
    const store = open()
    const onStoreError = (error: unknown): void => assert.fail(String(error))
    return { store, budgets: createBudgets({ store: store.store, nodeId: `${node}.${calls.length}`, onStoreError }) }
  }

  const dayOf = (at: number): string => new Date(at).toLocaleDateString('sv-SE', { timeZone })
  const live = (answered: boolean): Live[] =>
    calls.filter(each => each.lasted === undefined && (each.answeredAt !== undefined) === answered)

  async function place(node: number, choice: number): Promise<string | undefined> {
    const [of, payer] = [prices[choice % prices.length]!, String(choice % 3)]
    const shape = { node, price: of, payer, class: CLASSES[choice % 3]! }
    const at = now
    const request = { organisationId, extension: payer, policy: limits, timeZone, at, ...shape }
    const reserved = await processes[node]!.budgets.open(request)
    if (!reserved.ok) return reserved.error.rule
    const call = { ...shape, ...reserved.value, paid: [], answeredAt: undefined, lasted: undefined, refused: false }
    calls.push(call)
    notePaid(call, at)
    return undefined
  }

  async function placeAlone(node: number, choice: number): Promise<void> {
    const rule = await place(node, choice)
    if (rule === undefined || options.isStrict !== true) return
    const [of, payer, day] = [prices[choice % prices.length]!, String(choice % 3), dayOf(now)]
    const own = limits.extensionDayCaps[payer] ?? limits.caps.extensionDay
    const rules: Readonly<Record<string, readonly [BudgetKey['scope'], string, string, Micros]>> = {
      FRAUD_CAP_EXTENSION_DAY: ['payer-day', payer, day, own],
      FRAUD_CAP_ORGANISATION_DAY: ['organisation-day', '', day, limits.caps.organisationDay],
      FRAUD_CAP_ORGANISATION_MONTH: ['organisation-month', '', day.slice(0, 7), limits.caps.organisationMonth],
      FRAUD_CAP_RISKY_DAY: ['risky-day', '', day, limits.caps.riskyDay],
    }
    if (rules[rule] === undefined) return
    const [scope, subject, period, cap] = rules[rule]
    const key = { organisationId, scope, subject, period }
    const [charged = 0] = await processes[node]!.store.store.charged([key])
    const least = costOf(of, of.minimumSeconds > 0 ? 0 : 1)
    assert.ok(charged + least > cap, `${rule}: refused ${least} with ${charged} of ${cap}`)
  }

  /** The seconds that the promise rests on: the smallest whole number of increments above it and its margin. */
  function notePaid(call: Live, at: number): void {
    const { minimumSeconds, incrementSeconds } = call.price
    let seconds = minimumSeconds
    while (seconds * 1_000 < call.paidMs || seconds === 0) seconds += incrementSeconds
    call.paid.push({ seconds, day: dayOf(at) })
  }

  async function extend(call: Live): Promise<void> {
    const at = now
    const more = await processes[call.node]!.budgets.extend(call.reservation, at)
    if (call.lasted !== undefined) return
    if (more.ok && more.value.paidMs > call.paidMs) {
      call.paidMs = more.value.paidMs
      notePaid(call, at)
    } else call.refused = true
  }

  /** The BYE is on its way for as long as the margin allows. */
  function end(call: Live, at: number): void {
    // Whatever was answered has begun its first increment.
    call.lasted = call.answeredAt === undefined ? 0 : Math.max(1, at - call.answeredAt)
    const cost = processes[call.node]!.budgets.close(call.reservation, at)
    assert.equal(cost, spentOn(call), 'the cost that is told')
  }

  /** Until now, in seconds. */
  const lastedOf = ({ lasted, answeredAt }: Live): number => (lasted ?? now - (answeredAt ?? now)) / 1_000

  function spentOn(call: Live): number {
    return call.answeredAt === undefined ? 0 : costOf(call.price, lastedOf(call))
  }

  async function pass(milliseconds: number): Promise<void> {
    const until = now + milliseconds
    for (;;) {
      const due = live(true).map(call => ({ call, at: dueAt(call) }))
      const next = Math.min(until, ...due.map(each => each.at))
      clock?.advance(Math.max(0, next - now))
      now = Math.max(now, next)
      const ready = due.filter(each => each.at <= now).map(each => each.call)
      if (ready.length === 0) return
      await Promise.all(ready.map(async call => (call.refused ? end(call, endOf(call)) : extend(call))))
    }
  }

  const endOf = (call: Live): number => {
    const margin =
      call.paidMs === limits.maximumCallSeconds * 1_000 ? 0 : Math.min(1_000, call.price.incrementSeconds * 250)
    return call.answeredAt! + call.paidMs + Math.floor(margin)
  }
  const dueAt = (call: Live): number =>
    call.refused ? endOf(call) : Math.max(call.answeredAt!, call.answeredAt! + call.paidMs - AHEAD_MS)

  function crash(node: number): void {
    crashed = true
    processes[node]!.store.crash()
    for (const call of calls.filter(each => each.node === node && each.lasted === undefined)) {
      call.lasted = call.answeredAt === undefined ? 0 : endOf(call) - call.answeredAt
    }
    processes[node] = launch(node)
  }

  async function act({ op, a, b }: Command): Promise<void> {
    const waiting = live(false)
    const running = live(true)
    const all = [...waiting, ...running]
    if (op === 'open') await placeAlone(a % nodes, b)
    if (op === 'pass') await pass(b % 4 === 0 ? a * 60 : a * 7)
    if (op === 'answer' && waiting.length > 0)
      waiting[a % waiting.length]!.answeredAt = answer(waiting[a % waiting.length]!)
    if (op === 'hang-up' && all.length > 0) end(all[a % all.length]!, now)
    if (op === 'crash') crash(a % nodes)
    if (op === 'burst') {
      const opened = Array.from({ length: 2 + (a % 12) }, (_, index) => place((a + index) % nodes, b + index))
      const asked = running.filter(each => !each.refused).map(call => extend(call))
      if (running.length > 0 && b % 2 === 0) end(running[b % running.length]!, now)
      await Promise.all([...opened, ...asked])
    }
  }

  function answer({ node, reservation }: Live): number {
    processes[node]!.budgets.answered(reservation, now)
    return now
  }

  /** By counter: what was spent, each second in the period in which it was paid for. */
  function spent(): Map<string, { readonly key: BudgetKey; readonly cap: Micros; sum: number }> {
    const sums = new Map<string, { readonly key: BudgetKey; readonly cap: Micros; sum: number }>()
    const add = (scope: BudgetKey['scope'], subject: string, period: string, cap: Micros, amount: number): void => {
      const name = `${scope} ${subject} ${period}`
      const known = sums.get(name) ?? { key: { organisationId, scope, subject, period }, cap, sum: 0 }
      sums.set(name, { ...known, sum: known.sum + amount })
    }
    for (const call of calls) {
      let before = 0
      assert.ok(spentOn(call) <= limits.caps.call, 'the cap of one call')
      for (const { seconds, day } of call.paid) {
        const until = call.answeredAt === undefined ? 0 : costOf(call.price, Math.min(lastedOf(call), seconds))
        const amount = Math.max(0, until - before)
        before += amount
        add('payer-day', call.payer, day, limits.extensionDayCaps[call.payer] ?? limits.caps.extensionDay, amount)
        add('organisation-day', '', day, limits.caps.organisationDay, amount)
        add('organisation-month', '', day.slice(0, 7), limits.caps.organisationMonth, amount)
        if (call.class !== 'ordinary') add('risky-day', '', day, limits.caps.riskyDay, amount)
      }
      assert.equal(before, spentOn(call), 'what was spent was paid for')
    }
    return sums
  }

  async function check(exactly: boolean): Promise<void> {
    const sums = [...spent().values()]
    const charged = await counters(sums.map(each => each.key))
    for (const [index, { key, cap, sum }] of sums.entries()) {
      const name = `${key.scope} ${key.subject} ${key.period}`
      assert.ok(sum <= cap, `${name}: spent ${sum} of ${cap}`)
      assert.ok(charged[index]! <= cap, `${name}: charged ${charged[index]} of ${cap}`)
      assert.ok(charged[index]! >= sum, `${name}: charged ${charged[index]}, spent ${sum}`)
      if (exactly) assert.equal(charged[index], sum, name)
    }
  }

  return {
    async run() {
      for (const each of plan.commands) {
        await act(each)
        await check(false)
      }
      for (const call of live(true)) call.refused = true
      await pass(86_400_000)
      for (const call of live(false)) end(call, now)
      for (const { budgets, store } of processes) {
        await budgets.stop()
        await store.stop()
      }
      await check(!crashed)
    },
  }
}
