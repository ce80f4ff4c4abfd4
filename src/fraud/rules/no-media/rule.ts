import { callsSince, DAY, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { calls: 3, leastSeconds: 5 }

export const rule: FraudRule = {
  id: 'FRAUD_NO_MEDIA',
  title: 'Answered calls in which we say nothing',
  description:
    'Dear calls that are answered and to which our side sends no packet of media: nobody talks there, somebody collects minutes.',
  thresholds: THRESHOLDS,
  sees: ['ended'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'ended' || !observation.answered || observation.packetsFromUs !== 0) return undefined
    const { calls, leastSeconds } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, callId, durationMs } = observation
    if (durationMs < leastSeconds * 1_000) return undefined
    let silent = 0
    for (const past of callsSince(history.payer(organisationId, payer), at - DAY)) {
      if (!isDear(past.attempt)) continue
      const isThis = past.attempt.callId === callId
      if (isThis || (past.packetsFromUs === 0 && past.durationMs >= leastSeconds * 1_000)) silent++
    }
    if (silent < calls) return undefined
    return {
      response: 'suspend',
      reason: 'its dear calls are answered, and nobody here says a word',
      evidence: { 'silent calls in a day': `${silent}` },
    }
  },
}
