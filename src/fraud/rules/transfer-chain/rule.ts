import { countSince, factorOf, HOUR, isDear } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { dearAnHour: 3, atOnce: 2 }

export const rule: FraudRule = {
  id: 'FRAUD_TRANSFER_CHAIN',
  title: 'Chains of transfers to outside',
  description:
    'Calls that are handed on to dear numbers, one after another, while whoever handed them on leaves: the leg that costs goes on alone.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.cause !== 'transferred') return undefined
    const { dearAnHour, atOnce } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer } = observation
    const account = history.payer(organisationId, payer)
    const live = account.live.filter(each => each.attempt.cause === 'transferred' && isDear(each.attempt)).length
    const dear =
      (isDear(observation) ? 1 : 0) +
      countSince(account, at - HOUR, each => each.cause === 'transferred' && isDear(each))
    const evidence = { 'at once': `${live + 1}`, 'abroad or dear in an hour': `${dear}` }
    if (dear >= dearAnHour * factorOf(payer)) {
      return { response: 'suspend', reason: 'it hands one call after another on to dear numbers', evidence }
    }
    if (!isDear(observation) || live < atOnce * factorOf(payer)) return undefined
    return { response: 'block', reason: 'calls that it handed on to dear numbers still run', evidence }
  },
}
