import { callsSince, factorOf, HOUR } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { callerIds: 5 }

export const rule: FraudRule = {
  id: 'FRAUD_CALLER_IDS',
  title: 'One extension, many caller ids',
  description:
    'Counts the caller ids that one payer shows within an hour. A person has one or two; robocalls and spoofing change it with each call.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.callerId === undefined) return undefined
    const { callerIds } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, callerId } = observation
    const shown = new Set([callerId])
    for (const { attempt } of callsSince(history.payer(organisationId, payer), at - HOUR)) {
      if (attempt.callerId !== undefined) shown.add(attempt.callerId)
    }
    if (shown.size < callerIds * factorOf(payer)) return undefined
    return {
      response: 'suspend',
      reason: 'it shows another caller id with each call',
      evidence: { 'caller ids in an hour': `${shown.size}` },
    }
  },
}
