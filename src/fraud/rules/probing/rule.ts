import { factorOf, MINUTE } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { destinations: 6 }

export const rule: FraudRule = {
  id: 'FRAUD_PROBING',
  title: 'Trying what is open',
  description:
    'Counts different destinations that were refused to one extension in ten minutes: closed countries, invalid numbers, caps. A person mistypes twice; a thief goes on.',
  thresholds: THRESHOLDS,
  sees: ['refused'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'refused') return undefined
    const { destinations } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, dialled, rule: refusedBy } = observation
    const { refusals, restoredAt = 0 } = history.payer(organisationId, payer)
    const since = Math.max(at - 10 * MINUTE, restoredAt)
    const tried = new Set([dialled])
    for (const refusal of refusals) if (refusal.at >= since) tried.add(refusal.dialled)
    if (tried.size < destinations * factorOf(payer)) return undefined
    return {
      response: 'suspend',
      reason: 'it tries one closed destination after another',
      evidence: { 'destinations in ten minutes': `${tried.size}`, 'the last by': refusedBy },
    }
  },
}
