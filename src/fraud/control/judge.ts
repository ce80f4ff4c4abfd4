/** Rules to decisions: each observation before the history takes it in. */
import { decide, type DecisionContext } from '../../guard/decide/decide.ts'
import type { DecisionTable } from '../../guard/enforce/decision-table.ts'
import { type Decision, RESPONSES } from '../../guard/types.ts'
import type { RunningHistory } from '../history/types.ts'
import type { FraudObservation, FraudRule, PayerKey } from '../types.ts'
import type { Effects, PolicyOf } from './types.ts'

export interface JudgeOptions {
  readonly rules: readonly FraudRule[]
  readonly history: RunningHistory
  readonly policyOf: PolicyOf
  readonly decisions: DecisionTable
  readonly effects: Effects
  newId(at: number): string
  /** What people call a payer: the number of an extension. Default: its key. */
  nameOf?(payer: PayerKey): string
  /** A rule that throws is a fault of ours: told, and the call is judged by the others. */
  onRuleError(rule: string, error: unknown): void
}

export interface Judge {
  /** Judges, takes it in, and does what was decided. The strictest that is in force, undefined: nothing to object. */
  see(observation: FraudObservation): Decision | undefined
}

type Kind = FraudObservation['kind']

export function createJudge(options: JudgeOptions): Judge {
  const { history, policyOf, decisions, effects, newId, onRuleError, nameOf = key => key } = options
  const byKind = new Map<Kind, FraudRule[]>()
  for (const rule of options.rules) {
    for (const kind of rule.sees) byKind.set(kind, [...(byKind.get(kind) ?? []), rule])
  }

  function judge(observation: FraudObservation): Decision[] {
    const rules = byKind.get(observation.kind)
    if (rules === undefined) return []
    const settings = policyOf(observation.organisationId).rules
    const found: Decision[] = []
    for (const rule of rules) {
      const setting = settings[rule.id]
      const thresholds =
        setting?.thresholds === undefined ? rule.thresholds : { ...rule.thresholds, ...setting.thresholds }
      try {
        const finding = rule.judge(observation, history, thresholds)
        if (finding === undefined) continue
        found.push(decide(finding, rule, setting, contextOf(observation)))
      } catch (error) {
        onRuleError(rule.id, error)
      }
    }
    return found
  }

  function contextOf(observation: FraudObservation): DecisionContext {
    const { at, organisationId } = observation
    const callId = 'callId' in observation ? observation.callId : undefined
    const repeats = (prefix: string): number => decisions.repeats(organisationId, prefix, at)
    return { at, organisationId, subject: observation.payer ?? 'organisation', callId, newId, nameOf, repeats }
  }

  function apply(decision: Decision): void {
    const { decision: kept, fresh } = decisions.add(decision, decision.at)
    if (fresh) effects.decided(kept)
    if (decision.mode !== 'on') return
    for (const payer of new Set([decision.subject, ...(decision.also ?? [])])) act({ ...decision, id: kept.id }, payer)
  }

  function act(decision: Decision, payer: PayerKey): void {
    const { organisationId, response } = decision
    if (response === 'suspend') effects.suspend(organisationId, payer, decision)
    if (response === 'suspend' || response === 'end-calls') effects.endCalls(organisationId, payer, decision)
  }

  return {
    see(observation) {
      const found = judge(observation)
      history.take(observation)
      for (const decision of found) apply(decision)
      return found.filter(each => each.mode === 'on' && each.response !== 'alert').sort(byStrictness)[0]
    },
  }
}

function byStrictness(a: Decision, b: Decision): number {
  return RESPONSES.indexOf(b.response) - RESPONSES.indexOf(a.response)
}
