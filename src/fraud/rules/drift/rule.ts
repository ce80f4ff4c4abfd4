import { driftNow } from '../../history/drift.ts'
import { factorOf, isDear } from '../recent.ts'
import { formatMicros, microsOf } from '../../rating/money.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { aboveHabitMicros: 6_000_000 }

export const rule: FraudRule = {
  id: 'FRAUD_DRIFT',
  title: 'Spending that creeps up',
  description:
    'Adds up what an extension spends above its habit, hour by hour (CUSUM). For slow pumping that stays below every other threshold for days; it starts without any learning.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !isDear(observation)) return undefined
    const { aboveHabitMicros } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer } = observation
    const above = driftNow(history.payer(organisationId, payer).drift, at)
    if (above < aboveHabitMicros * factorOf(payer)) return undefined
    const approval = { kind: 'spend', value: 'above habit' } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    return {
      response: 'confirm',
      reason: 'it has been spending more than it used to, a little at a time',
      evidence: { 'above its habit': formatMicros(microsOf(Math.round(above))) },
      approval,
    }
  },
}
