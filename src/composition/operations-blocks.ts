/** Destinations that are closed to the whole organisation, by rules and by people. */
import type { BlockView, FraudOperations } from '../api/fraud-operations.ts'
import { newId } from '../base/ids.ts'
import type { KeptDecision } from '../guard/enforce/decision-table.ts'
import type { Decision } from '../guard/types.ts'
import type { FraudParts } from './fraud-parts.ts'
import { undoDecision } from './fraud-undo.ts'
import { blockView } from './fraud-views.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, refused } from './operations-result.ts'

/** The rule of what a person decided. */
export const OPERATOR_RULE = 'OPERATOR'

export function blockOperations(
  options: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'fraudBlock' | 'fraudUnblock'> {
  const { directory, clock, bus, actor } = options
  return {
    fraudBlock: ({ prefix, reason, seconds }) =>
      attempt(async () => {
        // What a person said before about the same destination, this takes the place of.
        for (const each of blocks(options, fraud)) {
          if (each.prefix === prefix && each.rule === OPERATOR_RULE) await undo(options, fraud, each, reason)
        }
        const at = clock.now()
        const expiresAt = seconds === null ? undefined : at + seconds * 1_000
        const decision: Decision = {
          id: newId(at),
          rule: OPERATOR_RULE,
          mode: 'on',
          at,
          organisationId: directory.primary.id,
          subject: 'organisation',
          callId: undefined,
          response: 'block-destination',
          reason,
          evidence: { by: actor.name },
          prefix,
          expiresAt,
        }
        const { decision: kept } = fraud.decisions.add(decision, at)
        await fraud.saveDecision(kept)
        const { id, rule, evidence, subject: payer, callId, organisationId } = kept
        const data = { decision: id, rule, reason, evidence, payer, callId, prefix, until: expiresAt }
        bus.publish('fraud.blocked', data, organisationId)
        return blockView(kept)
      }),
    async fraudUnblock({ prefix, reason }) {
      const closed = blocks(options, fraud).filter(each => each.prefix === prefix)
      if (closed.length === 0) {
        const others = blocks(options, fraud).map(each => `+${each.prefix}`)
        const message = `+${prefix} is not closed; closed are ${others.length === 0 ? 'none' : others.join(', ')}`
        return refused({ code: 'FRAUD_UNKNOWN', message })
      }
      return attempt(async () => {
        for (const each of closed) await undo(options, fraud, each, reason)
        return { prefix }
      })
    },
  }
}

async function undo(
  options: OperationsOptions,
  fraud: FraudParts,
  { id }: KeptDecision,
  reason: string,
): Promise<void> {
  await undoDecision({ ...options, fraud }, id, options.actor, reason)
}

function blocks({ directory, clock }: OperationsOptions, fraud: FraudParts): readonly KeptDecision[] {
  return fraud.decisions
    .list(directory.primary.id, clock.now(), true)
    .filter(each => each.response === 'block-destination' && each.mode === 'on' && each.prefix !== undefined)
}

export function blocksOf(options: OperationsOptions, fraud: FraudParts): readonly BlockView[] {
  return blocks(options, fraud).map(blockView)
}
