/** Rules and decisions as an operator sees them. */
import type { BlockView, FraudDecisionView, FraudRuleView } from '../api/fraud-operations.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { DirectoryReader } from '../directory/types.ts'
import type { RuleSetting } from '../fraud/policy.ts'
import type { FraudRule, PayerKey } from '../fraud/types.ts'
import type { KeptDecision } from '../guard/enforce/decision-table.ts'

/** Something is kept from somebody by it now. */
export function isHeld(decision: KeptDecision, at: number): boolean {
  return stateOf(decision, at) === 'in-force'
}

export function decisionView(
  decision: KeptDecision,
  at: number,
  nameOf: (payer: PayerKey) => string,
): FraudDecisionView {
  const { id, rule, response, mode, reason, evidence, callId, prefix, approval, expiresAt, count } = decision
  return {
    id,
    at: decision.at,
    rule,
    payer: nameOf(decision.subject),
    also: (decision.also ?? []).map(nameOf),
    response,
    mode,
    reason,
    evidence,
    callId: callId ?? null,
    prefix: response === 'block-destination' ? (prefix ?? null) : null,
    approval: response === 'confirm' && approval !== undefined ? { kind: approval.kind, value: approval.value } : null,
    expiresAt: expiresAt ?? null,
    count,
    state: stateOf(decision, at),
  }
}

function stateOf({ state, mode, response, expiresAt }: KeptDecision, at: number): FraudDecisionView['state'] {
  if (mode === 'dry-run') return 'dry-run'
  if (state !== 'in-force') return state
  if (response === 'alert') return 'told'
  return expiresAt !== undefined && at >= expiresAt ? 'expired' : 'in-force'
}

export function blockView({ prefix = '', id, rule, reason, expiresAt }: KeptDecision): BlockView {
  return { prefix, decision: id, rule, reason, expiresAt: expiresAt ?? null }
}

/** As people know who pays: the number of an extension. What is gone keeps its key. */
export function payerNames(directory: DirectoryReader, organisationId: OrganisationId): (payer: PayerKey) => string {
  const numbers = new Map<string, string>(directory.extensions(organisationId).map(each => [each.id, each.number]))
  return payer => numbers.get(payer) ?? payer
}

export function ruleView(rule: FraudRule, setting: RuleSetting | undefined): FraudRuleView {
  const { id, title, description, thresholds } = rule
  return {
    id,
    title,
    description,
    mode: setting?.mode ?? 'on',
    response: setting?.response ?? null,
    thresholds: Object.entries(thresholds).map(([name, standard]) => ({
      name,
      value: setting?.thresholds?.[name] ?? standard,
      standard,
    })),
    exempt: (setting?.exempt ?? []).map(({ subject: payer, until }) => ({ payer, until })),
  }
}

/** What the policy says of a rule, line by line, as its document names it. */
export function policyLines(rule: FraudRule, setting: RuleSetting | undefined): readonly string[] {
  const { id, thresholds } = rule
  const said = (value: unknown, standard: unknown): string =>
    value === undefined ? `${String(standard)} (as it comes)` : `${String(value)} (set)`
  return [
    `rules.${id}.mode: ${said(setting?.mode, 'on')}`,
    `rules.${id}.response: ${said(setting?.response, 'what the rule says')}`,
    ...Object.entries(thresholds).map(
      ([name, standard]) => `rules.${id}.thresholds.${name}: ${said(setting?.thresholds?.[name], standard)}`,
    ),
    ...(setting?.exempt ?? []).map(
      ({ subject, until }) => `rules.${id}.exempt.${subject}: until ${new Date(until).toISOString()} (set)`,
    ),
  ]
}
