import { callsSince, HOUR, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { neighbours: 4, distance: 50, shortSeconds: 20 }

export const rule: FraudRule = {
  id: 'FRAUD_SEQUENTIAL',
  title: 'Neighbouring numbers, tried shortly',
  description:
    'Short calls to numbers next to each other: a range is tried before it is pumped. Abroad and among dear numbers the extension is suspended; at home it is told.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt') return undefined
    const { neighbours, distance, shortSeconds } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, e164 } = observation
    const here = Number(e164.slice(1))
    const near = new Set([e164])
    for (const { attempt, durationMs } of callsSince(history.payer(organisationId, payer), at - HOUR)) {
      const there = Number(attempt.e164.slice(1))
      if (Math.abs(there - here) <= distance && durationMs < shortSeconds * 1_000) near.add(attempt.e164)
    }
    if (near.size < neighbours) return undefined
    return {
      response: isDear(observation) ? 'suspend' : 'alert',
      reason: 'one number of a range after another, each for a moment',
      evidence: { range: e164.slice(0, -2), numbers: `${near.size}` },
    }
  },
}
