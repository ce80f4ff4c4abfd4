import { countSince, HOUR, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { coolOffHours: 24, atOnce: 3, dearAnHour: 6, changes: 8 }

export const rule: FraudRule = {
  id: 'FRAUD_FORWARD_HAIRPIN',
  title: 'Forwards that carry calls abroad',
  description:
    'A forward to outside that was set a short while ago does not lead abroad or to dear numbers yet, and one that carries many calls there is no forward of a person. For portals and voicemail boxes that were taken over.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.cause !== 'forwarded') return undefined
    const { coolOffHours, atOnce, dearAnHour, changes } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, e164 } = observation
    // At home, a hotline that an answering service takes over is honest, and cheap.
    if (!isDear(observation)) return undefined
    const account = history.payer(organisationId, payer)
    const live = account.live.filter(({ attempt }) => attempt.cause === 'forwarded' && isDear(attempt)).length
    const dear = countSince(account, at - HOUR, each => each.cause === 'forwarded' && isDear(each))
    const evidence = { 'forwarded to': e164, 'abroad or dear at once': `${live + 1}`, 'in an hour': `${dear}` }
    if (live >= atOnce || dear >= dearAnHour) {
      return { response: 'suspend', reason: 'its forward carries more calls than a person has', evidence }
    }
    const recent = account.forwards.filter(each => each.at >= at - coolOffHours * HOUR)
    // Only so many are remembered: where it changes all the time, it may have been set to this one, too.
    if (!recent.some(each => each.e164 === e164) && recent.length < changes) return undefined
    return { response: 'block', reason: 'the forward is new, and leads abroad or to a dear number', evidence }
  },
}
