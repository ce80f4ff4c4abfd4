import type { FraudRule, OutsideAttempt } from '../../types.ts'
import { countSince, DAY, factorOf, HOUR } from '../recent.ts'

const THRESHOLDS = { anHour: 15, aDay: 60 }

/** Toll-free numbers of countries where they are common, and the international ones. */
const TOLL_FREE =
  /^\+(?:1(?:800|833|844|855|866|877|888)|800|32800|33(?:800|805)|34(?:800|900)|39800|41800|43800|44(?:800|808)|49800)/

export const rule: FraudRule = {
  id: 'FRAUD_TOLL_FREE',
  title: 'Toll-free numbers, called by machine',
  description:
    'Many calls to toll-free numbers from one extension: they cost the called party, who pays a share to whoever brings the traffic.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !TOLL_FREE.test(observation.e164)) return undefined
    const { anHour, aDay } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer } = observation
    const account = history.payer(organisationId, payer)
    const isTollFree = (each: OutsideAttempt): boolean => TOLL_FREE.test(each.e164)
    const inAnHour = 1 + countSince(account, at - HOUR, isTollFree)
    const inADay = 1 + countSince(account, at - DAY, isTollFree)
    if (inAnHour < anHour * factorOf(payer) && inADay < aDay * factorOf(payer)) return undefined
    return {
      response: 'suspend',
      reason: 'it calls toll-free numbers as a machine does',
      evidence: { 'toll-free calls in an hour': `${inAnHour}`, 'in a day': `${inADay}` },
    }
  },
}
