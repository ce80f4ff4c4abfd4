import { factorOf, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { calls: 1 }

export const rule: FraudRule = {
  id: 'FRAUD_AFTER_HOURS',
  title: 'Calls outside the office hours',
  description:
    'When the office is closed, calls abroad and to dear numbers wait for somebody who wants them, and an extension has one call outside at a time. Nights, weekends and holidays are when fraud happens.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.officeOpen) return undefined
    const { calls } = thresholds as typeof THRESHOLDS
    const { organisationId, payer, at, country = 'no country' } = observation
    if (isDear(observation)) {
      const approval = { kind: 'after-hours', value: 'dear' } as const
      if (history.approved(organisationId, payer, approval, at)) return undefined
      const evidence = { country, class: observation.class }
      return {
        response: 'confirm',
        reason: 'the office is closed, and the call goes abroad or is dear',
        evidence,
        approval,
      }
    }
    const { live } = history.payer(organisationId, payer)
    if (live.length < calls * factorOf(payer)) return undefined
    return {
      response: 'block',
      reason: 'the office is closed, and this extension has a call outside already',
      evidence: { 'at once': `${live.length + 1}` },
    }
  },
}
