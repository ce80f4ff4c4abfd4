import { callsSince, DAY, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { calls: 6, withinSeconds: 2, leastSeconds: 10 }

export const rule: FraudRule = {
  id: 'FRAUD_MACHINE_DURATIONS',
  title: 'Calls that all last as long',
  description:
    'Dear calls of one extension that last the same to a second or two: people do not talk like that, generators of traffic do.',
  thresholds: THRESHOLDS,
  sees: ['ended'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'ended' || !observation.answered) return undefined
    const { calls, withinSeconds, leastSeconds } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, durationMs, callId } = observation
    if (durationMs < leastSeconds * 1_000) return undefined
    let same = 1
    let dear = 0
    for (const past of callsSince(history.payer(organisationId, payer), at - DAY)) {
      if (past.attempt.callId === callId) {
        if (!isDear(past.attempt)) return undefined
        dear++
      } else if (past.endedAt !== undefined && isDear(past.attempt)) {
        if (Math.abs(past.durationMs - durationMs) <= withinSeconds * 1_000) same++
      }
    }
    if (dear === 0 || same < calls) return undefined
    return {
      response: 'suspend',
      reason: 'its calls all last equally long, as those of a machine do',
      evidence: { calls: `${same}`, 'seconds each': `${Math.round(durationMs / 1_000)}` },
    }
  },
}
