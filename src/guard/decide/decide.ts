/** From what a rule found to what is done: mode, response and how long, by the organisation's policy. Pure. */
import type { OrganisationId } from '../../base/ids.ts'
import type { Decision, Finding, Response, RuleMode } from '../types.ts'

/** Somebody whom a rule does not stop until then: found and told as in a dry run. Never for ever. */
export interface Exemption {
  readonly subject: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface RuleChoice {
  readonly mode: RuleMode
  readonly response?: Response | undefined
  readonly exempt?: readonly Exemption[] | undefined
}

export interface DecisionContext {
  readonly at: number
  readonly organisationId: OrganisationId
  readonly subject: string
  readonly callId: string | undefined
  newId(at: number): string
  /** What people call a subject, where it is not its key. */
  nameOf?(subject: string): string
  /** How often a prefix was closed before. Default: never. */
  repeats?(prefix: string): number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Every decision ends by itself, but a suspension, which a person takes back (product policy). */
export const DECISION_DURATIONS_MS: { readonly [R in Response]: number | undefined } = {
  alert: HOUR_MS,
  confirm: DAY_MS,
  block: HOUR_MS,
  'block-destination': DAY_MS,
  'end-calls': HOUR_MS,
  suspend: undefined,
}

/** For the first time, the second, and each further one. */
export const DESTINATION_DURATIONS_MS = [DAY_MS, 3 * DAY_MS, 7 * DAY_MS] as const

/** `choice` undefined: the rule is on, as it comes. */
export function decide(
  finding: Finding,
  rule: { readonly id: string },
  choice: RuleChoice | undefined,
  context: DecisionContext,
): Decision {
  const { at, organisationId, subject, callId, newId, nameOf } = context
  const isExempt = (payer: string): boolean =>
    choice?.exempt?.some(each => at < each.until && (each.subject === payer || each.subject === nameOf?.(payer))) ===
    true
  const response = responseOf(choice?.response ?? finding.response, finding)
  const duration = durationOf(response, finding.prefix, context)
  return {
    ...finding,
    ...(finding.also === undefined ? {} : { also: finding.also.filter(each => !isExempt(each)) }),
    response,
    rule: rule.id,
    mode: isExempt(subject) ? 'dry-run' : (choice?.mode ?? 'on'),
    id: newId(at),
    at,
    organisationId,
    subject,
    callId,
    expiresAt: duration === undefined ? undefined : at + duration,
  }
}

/** A question that names nothing to say yes to, and a destination that has no digits, could not be kept: the call is blocked. */
function responseOf(wanted: Response, { approval, prefix = '' }: Finding): Response {
  if (wanted === 'confirm' && approval === undefined) return 'block'
  if (wanted === 'block-destination' && !/^\d+$/.test(prefix)) return 'block'
  return wanted
}

function durationOf(response: Response, prefix: string | undefined, { repeats }: DecisionContext): number | undefined {
  if (response !== 'block-destination' || prefix === undefined) return DECISION_DURATIONS_MS[response]
  const before = Math.min(repeats?.(prefix) ?? 0, DESTINATION_DURATIONS_MS.length - 1)
  return DESTINATION_DURATIONS_MS[before]
}
