import { factorOf, MINUTE } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { destinations: 6 }

/** What is spent, gone or closed for all says nothing of whoever calls. */
const OF_ALL = new Set([
  'FRAUD_CAP_ORGANISATION_DAY',
  'FRAUD_CAP_ORGANISATION_MONTH',
  'FRAUD_STORE_GONE',
  'FRAUD_NOT_RESERVED',
  'FRAUD_ORGANISATION',
])

export const rule: FraudRule = {
  id: 'FRAUD_PROBING',
  title: 'Trying what is open',
  description:
    'Counts different destinations that were refused to one extension in ten minutes: closed countries, invalid numbers, caps. A person mistypes twice; a thief goes on.',
  thresholds: THRESHOLDS,
  sees: ['refused'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'refused' || OF_ALL.has(observation.rule)) return undefined
    const { destinations } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, dialled, rule: refusedBy } = observation
    const { refusals, restoredAt = 0 } = history.payer(organisationId, payer)
    const since = Math.max(at - 10 * MINUTE, restoredAt)
    const tried = new Set([dialled])
    for (const refusal of refusals) {
      if (refusal.at >= since && !OF_ALL.has(refusal.rule)) tried.add(refusal.dialled)
    }
    if (tried.size < destinations * factorOf(payer)) return undefined
    return {
      response: 'suspend',
      reason: 'it tries one closed destination after another',
      evidence: { 'destinations in ten minutes': `${tried.size}`, 'the last by': refusedBy },
    }
  },
}
