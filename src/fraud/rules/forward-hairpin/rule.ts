import { countSince, HOUR, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { coolOffHours: 24, atOnce: 3, dearAnHour: 6 }

export const rule: FraudRule = {
  id: 'FRAUD_FORWARD_HAIRPIN',
  title: 'Forwards that carry calls abroad',
  description:
    'A forward to outside that was set a short while ago does not lead abroad or to dear numbers yet, and one that carries many calls at once is no forward of a person. For portals and voicemail boxes that were taken over.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.cause !== 'forwarded') return undefined
    const { coolOffHours, atOnce, dearAnHour } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, e164 } = observation
    const account = history.payer(organisationId, payer)
    const live = account.live.filter(each => each.attempt.cause === 'forwarded').length
    const dear = countSince(account, at - HOUR, each => each.cause === 'forwarded' && isDear(each))
    const evidence = { 'forwarded to': e164, 'at once': `${live + 1}`, 'abroad or dear in an hour': `${dear}` }
    if (live >= atOnce || dear >= dearAnHour) {
      return { response: 'suspend', reason: 'its forward carries more calls than a person has', evidence }
    }
    const set = account.forwards.find(each => each.e164 === e164)
    if (!isDear(observation) || set === undefined || set.at < at - coolOffHours * HOUR) return undefined
    return { response: 'block', reason: 'the forward is new, and leads abroad or to a dear number', evidence }
  },
}
