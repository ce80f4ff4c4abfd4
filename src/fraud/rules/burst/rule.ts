import { countSince, factorOf, isDear, MINUTE } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { minuteCalls: 8, tenMinuteCalls: 25, tenMinuteDear: 8 }

export const rule: FraudRule = {
  id: 'FRAUD_BURST',
  title: 'Too many calls in a short time',
  description:
    'Counts attempts of one extension in a minute and in ten, allowed or not. For stolen credentials that are drained at once.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt') return undefined
    const { minuteCalls, tenMinuteCalls, tenMinuteDear } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer } = observation
    const account = history.payer(organisationId, payer)
    const factor = factorOf(payer)
    const minute = 1 + countSince(account, at - MINUTE, () => true)
    const tenMinutes = 1 + countSince(account, at - 10 * MINUTE, () => true)
    const dear = isDear(observation) ? 1 + countSince(account, at - 10 * MINUTE, isDear) : 0
    if (minute < minuteCalls * factor && tenMinutes < tenMinuteCalls * factor && dear < tenMinuteDear * factor)
      return undefined
    return {
      response: 'suspend',
      reason: 'more calls in a short time than a person makes',
      evidence: { 'in a minute': `${minute}`, 'in ten minutes': `${tenMinutes}`, 'of these abroad or dear': `${dear}` },
    }
  },
}
