import type { PastCall } from '../../history/types.ts'
import type { FraudRule } from '../../types.ts'
import { callsSince, DAY, isDear, MINUTE } from '../recent.ts'

/** Phones that send little while nobody speaks still send one packet a second, or more. */
const THRESHOLDS = { calls: 3, leastSeconds: 5, packetsAMinute: 12 }

export const rule: FraudRule = {
  id: 'FRAUD_NO_MEDIA',
  title: 'Answered calls in which we say nothing',
  description:
    'Dear calls that are answered and to which our side sends no media, or next to none: nobody talks there, somebody collects minutes.',
  thresholds: THRESHOLDS,
  sees: ['ended'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'ended' || !observation.answered) return undefined
    const { calls, leastSeconds, packetsAMinute } = thresholds as typeof THRESHOLDS
    const isSilent = ({ durationMs, packetsFromUs }: Pick<PastCall, 'durationMs' | 'packetsFromUs'>): boolean =>
      packetsFromUs !== undefined &&
      durationMs >= leastSeconds * 1_000 &&
      packetsFromUs * MINUTE <= packetsAMinute * durationMs
    const { at, organisationId, payer, callId } = observation
    if (!isSilent(observation)) return undefined
    let silent = 0
    for (const past of callsSince(history.payer(organisationId, payer), at - DAY)) {
      if (!isDear(past.attempt)) continue
      const isThis = past.attempt.callId === callId
      if (isThis || isSilent(past)) silent++
    }
    if (silent < calls) return undefined
    return {
      response: 'suspend',
      reason: 'its dear calls are answered, and nobody here says a word',
      evidence: { 'silent calls in a day': `${silent}` },
    }
  },
}
