import { formatMicros, microsOf } from '../../rating/money.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { perMinuteMicros: 1_500_000 }

export const rule: FraudRule = {
  id: 'FRAUD_DEAR_NUMBER',
  title: 'The first call to a number that costs much',
  description:
    'A number that costs much by the minute and that nobody here has called needs a yes once. Dear ranges inside open countries are where thieves earn their share.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt') return undefined
    const { perMinuteMicros } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, e164, perMinute } = observation
    if (perMinute < perMinuteMicros) return undefined
    if (history.organisation(organisationId).numbers.get(e164)?.dialled !== undefined) return undefined
    const approval = { kind: 'number', value: e164 } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    return {
      response: 'confirm',
      reason: 'it costs much by the minute, and nobody here has called it before',
      evidence: { number: e164, 'a minute': formatMicros(microsOf(perMinute)) },
      approval,
    }
  },
}
