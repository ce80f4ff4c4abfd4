import { factorOf, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { dear: 3, ordinary: 6 }

export const rule: FraudRule = {
  id: 'FRAUD_CONCURRENCY',
  title: 'Too many calls at once',
  description:
    'Counts legs outside that one extension has at the same time. A person talks to one or two parties; a thief fills every channel.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt') return undefined
    const { dear, ordinary } = thresholds as typeof THRESHOLDS
    const { organisationId, payer } = observation
    const { live } = history.payer(organisationId, payer)
    const factor = factorOf(payer)
    const dearLive = live.filter(each => isDear(each.attempt)).length
    const evidence = {
      'at once': `${live.length + 1}`,
      'of these abroad or dear': `${dearLive + (isDear(observation) ? 1 : 0)}`,
    }
    if (isDear(observation) && dearLive >= dear * factor) {
      return { response: 'suspend', reason: 'more calls abroad at once than a person can have', evidence }
    }
    if (live.length < ordinary * factor) return undefined
    return { response: 'block', reason: 'more calls at once than a person can have', evidence }
  },
}
