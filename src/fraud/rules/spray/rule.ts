import { callsSince, DAY, factorOf, HOUR } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { countriesAnHour: 6, countriesADay: 12 }

export const rule: FraudRule = {
  id: 'FRAUD_SPRAY',
  title: 'Calls to many countries',
  description:
    'One extension that calls many countries within an hour or a day, each but once: somebody looks for a route that pays.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !observation.international) return undefined
    const { countriesAnHour, countriesADay } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, country = '-' } = observation
    const day = new Set([country])
    const hour = new Set([country])
    for (const { attempt } of callsSince(history.payer(organisationId, payer), at - DAY)) {
      if (!attempt.international) continue
      day.add(attempt.country ?? '-')
      if (attempt.at >= at - HOUR) hour.add(attempt.country ?? '-')
    }
    const factor = factorOf(payer)
    if (hour.size < countriesAnHour * factor && day.size < countriesADay * factor) return undefined
    return {
      response: 'suspend',
      reason: 'it calls one country after another',
      evidence: { 'countries in an hour': `${hour.size}`, 'countries in a day': `${day.size}` },
    }
  },
}
