/** The operations on toll fraud: how it stands, and the rules. */
import type { FraudOperations, FraudStatusView, FraudSummary } from '../api/fraud-operations.ts'
import { FRAUD_SCHEMAS } from '../api/fraud-schemas.ts'
import { localDate } from '../fraud/budget/period.ts'
import type { RuleSetting } from '../fraud/policy.ts'
import { describePolicyFault, readRuleSetting } from '../fraud/policy-document.ts'
import { formatMicros, ZERO } from '../fraud/rating/money.ts'
import { type KeptDecision, subjectsOf } from '../guard/enforce/kept-decision.ts'
import { officeOpen } from '../routing/office-hours.ts'
import type { FraudParts } from './fraud-parts.ts'
import { changePolicy } from './fraud-policy-change.ts'
import { stoppedSince } from './fraud-stopped.ts'
import { isHeld, payerNames, ruleView } from './fraud-views.ts'
import type { OperationsOptions } from './operations.ts'
import { budgetOperations } from './operations-budget.ts'
import { deckOperations, deckView } from './operations-deck.ts'
import { backtestOperations } from './operations-backtest.ts'
import { blockOperations, blocksOf } from './operations-blocks.ts'
import { decisionOperations } from './operations-decisions.ts'
import { policyOperations } from './operations-policy.ts'
import { priceOperations } from './operations-price.ts'
import { attempt, done, refused } from './operations-result.ts'

export function fraudOperations(options: OperationsOptions): FraudOperations {
  const { fraud } = options
  if (fraud === undefined) return unavailable()
  return {
    ...deckOperations(options, fraud),
    ...priceOperations(options, fraud),
    ...budgetOperations(options, fraud),
    ...decisionOperations(options, fraud),
    ...blockOperations(options, fraud),
    ...ruleOperations(options, fraud),
    ...policyOperations(options, fraud),
    ...backtestOperations(options, fraud),
    fraudStatus: () => attempt(() => fraudStatus(options, fraud)),
  }
}

function unavailable(): FraudOperations {
  const message = 'toll-fraud control is not there in this process'
  const away = async () => refused<never>({ code: 'OPERATION_FAILED', message })
  return Object.fromEntries(Object.keys(FRAUD_SCHEMAS).map(name => [name, away])) as unknown as FraudOperations
}

/** For `status` and `doctor`. Throws the store's error. */
export async function fraudSummary(options: OperationsOptions, fraud: FraudParts): Promise<FraudSummary> {
  const { directory, clock } = options
  const { id } = directory.primary
  const now = clock.now()
  const policy = fraud.policyOf(id)
  const { timeZone } = directory.callingOf(id).schedule
  const shown = await fraud.budgets.show(policy, timeZone, now)
  const charged = (scope: string): string => formatMicros(shown.find(each => each.key.scope === scope)?.charged ?? ZERO)
  const held = fraud.decisions.list(id, now, true).filter(each => isHeld(each, now))
  return {
    currency: policy.currency,
    spentToday: charged('organisation-day'),
    capToday: formatMicros(policy.caps.organisationDay),
    spentThisMonth: charged('organisation-month'),
    capThisMonth: formatMicros(policy.caps.organisationMonth),
    suspended: suspendedOf(options, held),
    decisionsInForce: held.length,
    waiting: fraud.decisions.waiting(id, now).length,
    deck: deckView(options, fraud),
  }
}

/** By toll-fraud control; who was suspended by hand is no business of it. */
function suspendedOf({ directory }: OperationsOptions, held: readonly KeptDecision[]): readonly string[] {
  const subjects = held.filter(each => each.response === 'suspend').flatMap(subjectsOf)
  return [...new Set(subjects)].map(payerNames(directory, directory.primary.id)).toSorted()
}

async function fraudStatus(options: OperationsOptions, fraud: FraudParts): Promise<FraudStatusView> {
  const { directory, clock } = options
  const { id } = directory.primary
  const now = clock.now()
  const { timeZone } = directory.callingOf(id).schedule
  const today = localDate(now, timeZone)
  const sinceMidnight = fraud.decisions.list(id, now).filter(each => localDate(each.at, timeZone) === today)
  const firing = new Map<string, { rule: string; found: number; dryRun: boolean }>()
  for (const { rule, mode, count } of sinceMidnight) {
    const key = `${rule} ${mode}`
    const before = firing.get(key) ?? { rule, found: 0, dryRun: mode === 'dry-run' }
    firing.set(key, { ...before, found: before.found + count })
  }
  const { stopped, prevented } = await stoppedSince(options, fraud, today, timeZone)
  return {
    ...(await fraudSummary(options, fraud)),
    stoppedToday: stopped,
    preventedToday: prevented === undefined ? null : formatMicros(prevented),
    firing: [...firing.values()].toSorted((a, b) => b.found - a.found),
    blocked: blocksOf(options, fraud),
    officeOpen: officeOpen(directory.callingOf(id).schedule, now),
  }
}

function ruleOperations(
  options: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'fraudRules' | 'fraudRuleChange'> {
  const { directory, clock } = options
  const { id: organisationId } = directory.primary
  return {
    async fraudRules() {
      const settings = fraud.policyOf(organisationId).rules
      return done(fraud.rules.map(rule => ruleView(rule, settings[rule.id])))
    },
    async fraudRuleChange({ id, mode, response, thresholds = {}, exempt = {} }) {
      const rule = fraud.rules.find(each => each.id === id)
      if (rule === undefined) {
        const message = `there is no rule ${id}; "ringfence fraud rules" lists them`
        return refused({ code: 'FRAUD_UNKNOWN', message })
      }
      const given = Object.fromEntries(Object.entries(thresholds).filter(([, value]) => value !== null))
      const change = {
        ...(mode === undefined ? {} : { mode }),
        ...(response == null ? {} : { response }),
        thresholds: given,
        exempt: Object.fromEntries(
          Object.entries(exempt).map(([payer, seconds]) => [payer, dateIn(seconds, clock.now())]),
        ),
      }
      const unknown = Object.keys(thresholds).find(name => !Object.hasOwn(rule.thresholds, name))
      if (unknown !== undefined) {
        const message = `${id} has no threshold ${unknown}; it has ${Object.keys(rule.thresholds).join(', ') || 'none'}`
        return refused({ code: 'FRAUD_UNKNOWN', message })
      }
      const after = await changePolicy(options, fraud, before => {
        const kept = withoutStandards(before.rules[id], response === null, thresholds)
        const setting = readRuleSetting(id, change, kept, fraud.rules)
        if (setting.ok) return done({ ...before, rules: { ...before.rules, [id]: setting.value } })
        return refused({ code: 'FRAUD_REFUSED', message: describePolicyFault('the policy', setting.error) })
      })
      return after.ok ? done(ruleView(rule, after.value.rules[id])) : after
    },
  }
}

function dateIn(seconds: number | null, now: number): string | null {
  return seconds === null ? null : new Date(now + seconds * 1_000).toISOString()
}

/** What goes back to how the rule comes is not kept. */
function withoutStandards(
  before: RuleSetting | undefined,
  response: boolean,
  thresholds: Readonly<Record<string, number | null>>,
): RuleSetting | undefined {
  if (before === undefined) return undefined
  const left = Object.entries(before.thresholds ?? {}).filter(([name]) => thresholds[name] !== null)
  return {
    mode: before.mode,
    ...(response || before.response === undefined ? {} : { response: before.response }),
    thresholds: Object.fromEntries(left),
    ...(before.exempt === undefined ? {} : { exempt: before.exempt }),
  }
}
