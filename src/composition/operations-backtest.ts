/** What toll-fraud control would have done to the calls of one's own past, with a rule as it is or as somebody thinks of having it. */
import type { BacktestView, FraudOperations } from '../api/fraud-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { CallRecord } from '../call/call-record.ts'
import { describePolicyFault, readRuleSetting } from '../fraud/policy-document.ts'
import type { FraudPolicy } from '../fraud/policy.ts'
import { formatMicros, microsOf } from '../fraud/rating/money.ts'
import type { NumberedCall } from '../fraud/replay/read-calls.ts'
import type { CallOutcome } from '../fraud/replay/replay.ts'
import { createReplay } from '../fraud/replay/replay.ts'
import { Tally } from '../fraud/replay/tally.ts'
import type { FraudParts } from './fraud-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, refused } from './operations-result.ts'

const DAY = 86_400_000
/** The newest of them. */
const MAXIMUM_CALLS = 20_000
const PAGE = 1_000
/** Calls between two pauses, in which live ones have their turn. */
const SLICE = 100
const MAXIMUM_EXAMPLES = 20

type Input = Parameters<FraudOperations['fraudBacktest']>[0]

/** One at a time in the whole process. */
let busy = false

export function backtestOperations(
  options: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'fraudBacktest'> {
  return {
    async fraudBacktest(input) {
      const policy = policyFor(options, fraud, input)
      if (!policy.ok) return policy
      if (busy) {
        const message = 'another look at the past is under way; try it again when it has ended'
        return refused({ code: 'FRAUD_REFUSED', message })
      }
      busy = true
      try {
        return await attempt(() => look(options, fraud, policy.value, input))
      } finally {
        busy = false
      }
    },
  }
}

function policyFor(
  { directory }: OperationsOptions,
  fraud: FraudParts,
  { rule: id, mode, thresholds }: Input,
): OperationResult<FraudPolicy> {
  const policy = fraud.policyOf(directory.primary.id)
  if (id === undefined) return done(policy)
  const rule = fraud.rules.find(each => each.id === id)
  if (rule === undefined) return refused({ code: 'FRAUD_UNKNOWN', message: `there is no rule ${id}` })
  const change = { ...(mode === undefined ? {} : { mode }), ...(thresholds === undefined ? {} : { thresholds }) }
  const setting = readRuleSetting(id, change, policy.rules[id], fraud.rules)
  if (setting.ok) return done({ ...policy, rules: { ...policy.rules, [id]: setting.value } })
  return refused({ code: 'FRAUD_REFUSED', message: describePolicyFault('the rule', setting.error) })
}

async function look(
  options: OperationsOptions,
  fraud: FraudParts,
  policy: FraudPolicy,
  { days }: Input,
): Promise<BacktestView> {
  const { directory } = options
  const { id } = directory.primary
  const { calls, partial } = await recorded(options, days)
  const numbers = new Set(directory.extensions(id).map(each => each.number))
  const owned = new Set(directory.ownedNumbers(id).map(each => each.e164))
  const replay = createReplay({
    organisation: { calling: directory.callingOf(id), isExtension: number => numbers.has(number), owned },
    policy,
    deck: fraud.rateDeckOf(id),
    countryOfAddress: options.countryOfAddress ?? (() => undefined),
    onRuleError(rule, error) {
      throw new Error(`${rule}: ${String(error)}`)
    },
  })
  const tally = new Tally()
  for await (const outcome of replay.outcomes(slowly(calls))) tally.add(outcome)
  return viewOf(tally, replay.suspended, policy, { days, partial })
}

async function recorded(
  { calls, directory, clock }: OperationsOptions,
  days: number,
): Promise<{ readonly calls: readonly NumberedCall[]; readonly partial: boolean }> {
  const since = clock.now() - days * DAY
  const found: CallRecord[] = []
  let before: number | undefined
  let partial = false
  for (;;) {
    const organisationId = directory.primary.id
    const page = await calls.list({ organisationId, limit: PAGE, ...(before === undefined ? {} : { before }) })
    const young = page.filter(each => each.startedAt >= since)
    found.push(...young)
    before = page.at(-1)?.startedAt
    if (young.length < PAGE || before === undefined) break
    if (found.length >= MAXIMUM_CALLS) {
      partial = true
      break
    }
  }
  const inOrder = found.toSorted((a, b) => a.startedAt - b.startedAt)
  return { calls: inOrder.map(recordedCall), partial }
}

function recordedCall(call: CallRecord, index: number): NumberedCall {
  const caller = call.legs.find(each => each.direction === 'in')
  const called = call.legs.find(each => each.direction === 'out')
  const cameIn = caller?.trunk !== undefined
  const { startedAt, answeredAt, endedAt } = call
  const from = answeredAt ?? startedAt
  return {
    id: call.id,
    index,
    start: startedAt,
    extension: cameIn ? (called?.number ?? call.to) : (caller?.number ?? call.from),
    sourceAddress: caller?.sourceAddress ?? '',
    userAgent: caller?.userAgent ?? '',
    destination: call.to,
    answered: answeredAt !== undefined,
    seconds: Math.ceil(Math.max(0, (endedAt ?? from) - from) / 1_000),
    forwardedBy: '',
    transferredBy: '',
    callerId: call.from,
    direction: cameIn ? 'in' : 'out',
    // Nobody says that it was: but what is stopped of it is worth a look as if it were.
    label: undefined,
  }
}

async function* slowly(calls: readonly NumberedCall[]): AsyncGenerator<NumberedCall> {
  for (const [index, call] of calls.entries()) {
    if (index % SLICE === 0) await new Promise<void>(resolve => void setImmediate(resolve))
    yield call
  }
}

function viewOf(
  { sums, byRule, examples }: Tally,
  suspended: readonly string[],
  { currency }: FraudPolicy,
  { days, partial }: { readonly days: number; readonly partial: boolean },
): BacktestView {
  const money = (micros: number): string => formatMicros(microsOf(micros))
  return {
    days,
    partial,
    calls: sums.calls,
    stopped: sums.blocked + sums.cut,
    currency,
    spent: money(sums.spent),
    spentWithout: money(sums.spentWithout),
    suspended: [...suspended],
    rules: [...byRule].map(([rule, { blocked, cut, confirmed, saved }]) => ({
      rule,
      stopped: blocked + cut,
      asked: confirmed,
      saved: money(saved),
    })),
    examples: examples.slice(0, MAXIMUM_EXAMPLES).map(exampleOf),
  }
}

function exampleOf({ call, at, rule, reason }: CallOutcome): BacktestView['examples'][number] {
  const { id, extension, destination } = call
  return { call: id, at, extension, to: destination, rule: rule ?? '', reason: reason ?? '' }
}
