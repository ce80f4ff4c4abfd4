/** Which caps cover a call, and what is said when one of them has no room. */
import type { FraudPolicy } from '../policy.ts'
import { formatMicros, type Micros } from '../rating/money.ts'
import { localDate, monthOf } from './period.ts'
import type { BudgetKey, BudgetRefusal, BudgetRequest } from './types.ts'

export interface CoveringCap {
  readonly key: BudgetKey
  readonly cap: Micros
}

const CAPS: Readonly<Record<BudgetKey['scope'], { readonly rule: string; readonly whose: string }>> = {
  'payer-day': { rule: 'FRAUD_CAP_EXTENSION_DAY', whose: 'one extension on' },
  'organisation-day': { rule: 'FRAUD_CAP_ORGANISATION_DAY', whose: 'the organisation on' },
  'organisation-month': { rule: 'FRAUD_CAP_ORGANISATION_MONTH', whose: 'the organisation in' },
  'risky-day': { rule: 'FRAUD_CAP_RISKY_DAY', whose: 'special and fraud-prone numbers on' },
}

/** All counters that the next increments of a call are charged to; the narrowest first. */
export function capsOf(request: BudgetRequest, policy: FraudPolicy, at: number): readonly CoveringCap[] {
  const { payer, extension, timeZone } = request
  const found = [payerCap({ payer, extension }, policy, timeZone, at)]
  const [day, month, risky] = organisationCaps(policy, timeZone, at)
  if (request.class !== 'ordinary') found.push(risky)
  found.push(day, month)
  return found
}

export interface PayerOfCap {
  readonly payer: string
  readonly extension: string | undefined
}

export function payerCap(
  { payer, extension }: PayerOfCap,
  policy: FraudPolicy,
  timeZone: string,
  at: number,
): CoveringCap {
  const { organisationId, extensionDayCaps, caps } = policy
  const period = localDate(at, timeZone)
  const own =
    extension !== undefined && Object.hasOwn(extensionDayCaps, extension) ? extensionDayCaps[extension] : undefined
  return { key: { organisationId, scope: 'payer-day', subject: payer, period }, cap: own ?? caps.extensionDay }
}

/** Of the day, of the month, and of risky destinations. */
export function organisationCaps(
  { organisationId, caps }: FraudPolicy,
  timeZone: string,
  at: number,
): readonly [CoveringCap, CoveringCap, CoveringCap] {
  const day = localDate(at, timeZone)
  const key = (scope: BudgetKey['scope'], period: string): BudgetKey => ({ organisationId, scope, subject: '', period })
  return [
    { key: key('organisation-day', day), cap: caps.organisationDay },
    { key: key('organisation-month', monthOf(day)), cap: caps.organisationMonth },
    { key: key('risky-day', day), cap: caps.riskyDay },
  ]
}

export function capReached(
  { key, cap }: CoveringCap,
  left: Micros,
  amount: Micros,
  { currency }: FraudPolicy,
): BudgetRefusal {
  const { rule, whose } = CAPS[key.scope]
  const of = `of the ${formatMicros(cap)} ${currency} for ${whose} ${key.period}, ${formatMicros(left)} are left`
  return { rule, reason: `${of}; more of the call costs at least ${formatMicros(amount)}` }
}

export function callCapReached({ caps, currency }: FraudPolicy, amount: Micros | undefined): BudgetRefusal {
  const would = amount === undefined ? 'more than can be counted' : formatMicros(amount)
  const reason = `the call would cost ${would}, and a call may cost ${formatMicros(caps.call)} ${currency}`
  return { rule: 'FRAUD_CAP_CALL', reason }
}

export function tooLong({ maximumCallSeconds }: FraudPolicy): BudgetRefusal {
  return { rule: 'FRAUD_MAXIMUM_DURATION', reason: `a call to the outside may last ${maximumCallSeconds} s` }
}

export const STORE_GONE: BudgetRefusal = {
  rule: 'FRAUD_STORE_GONE',
  reason: 'what was spent cannot be counted now, so calls that cost money are closed',
}

export const NOT_RESERVED: BudgetRefusal = {
  rule: 'FRAUD_NOT_RESERVED',
  reason: 'nothing is reserved for this call',
}
