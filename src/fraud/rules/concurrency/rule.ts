import type { PastCall } from '../../history/types.ts'
import type { FraudRule, OutsideAttempt } from '../../types.ts'
import { factorOf, isDear, sizeOf } from '../recent.ts'

const THRESHOLDS = { dear: 3, ordinary: 6, organisationDear: 15, officeSize: 50 }

/** Different dear numbers: a conference that many dial into is one. */
function dearNumbers(live: readonly PastCall[], { e164 }: OutsideAttempt): number {
  const numbers = new Set([e164])
  for (const { attempt } of live) if (isDear(attempt)) numbers.add(attempt.e164)
  return numbers.size
}

export const rule: FraudRule = {
  id: 'FRAUD_CONCURRENCY',
  title: 'Too many calls at once',
  description:
    'Counts legs outside that one extension has at the same time, and dear numbers to which the whole organisation talks at once. A person talks to one or two parties; a thief fills every channel. An organisation of more extensions than `officeSize` may have more in proportion.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt') return undefined
    const { dear, ordinary, organisationDear, officeSize } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer } = observation
    const { live } = history.payer(organisationId, payer)
    const factor = factorOf(payer)
    const isDearCall = isDear(observation)
    const dearLive = live.filter(each => isDear(each.attempt)).length
    const evidence = {
      'at once': `${live.length + 1}`,
      'of these abroad or dear': `${dearLive + (isDearCall ? 1 : 0)}`,
    }
    if (isDearCall && dearLive >= dear * factor) {
      return { response: 'suspend', reason: 'more calls abroad at once than a person can have', evidence }
    }
    if (live.length >= ordinary * factor) {
      return { response: 'block', reason: 'more calls at once than a person can have', evidence }
    }
    const all = history.organisation(organisationId).live
    if (!isDearCall || all.length < organisationDear) return undefined
    const numbers = dearNumbers(all, observation)
    if (numbers <= organisationDear) return undefined
    if (numbers <= (organisationDear * sizeOf(history, organisationId, at)) / officeSize) return undefined
    return {
      response: 'block',
      reason: 'the organisation talks to more dear numbers at once than an office does',
      evidence: { ...evidence, 'dear numbers of all at once': `${numbers}` },
    }
  },
}
