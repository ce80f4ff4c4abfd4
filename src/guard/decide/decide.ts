/** From what a rule found to what is done: mode, response and how long, by the organisation's policy. Pure. */
import type { OrganisationId } from '../../base/ids.ts'
import type { Decision, Finding, Response, RuleMode } from '../types.ts'

export interface RuleChoice {
  readonly mode: RuleMode
  readonly response?: Response | undefined
}

export interface DecisionContext {
  readonly at: number
  readonly organisationId: OrganisationId
  readonly subject: string
  readonly callId: string | undefined
  newId(at: number): string
}

const HOUR_MS = 3_600_000

/** Every decision ends by itself, but a suspension, which a person takes back (product policy). */
export const DECISION_DURATIONS_MS: { readonly [R in Response]: number | undefined } = {
  alert: HOUR_MS,
  confirm: 24 * HOUR_MS,
  block: HOUR_MS,
  'block-destination': 24 * HOUR_MS,
  'end-calls': HOUR_MS,
  suspend: undefined,
}

/** `choice` undefined: the rule is on, as it comes. */
export function decide(
  finding: Finding,
  rule: { readonly id: string },
  choice: RuleChoice | undefined,
  context: DecisionContext,
): Decision {
  const { at, organisationId, subject, callId, newId } = context
  const response = choice?.response ?? finding.response
  const duration = DECISION_DURATIONS_MS[response]
  return {
    ...finding,
    response,
    rule: rule.id,
    mode: choice?.mode ?? 'on',
    id: newId(at),
    at,
    organisationId,
    subject,
    callId,
    expiresAt: duration === undefined ? undefined : at + duration,
  }
}
