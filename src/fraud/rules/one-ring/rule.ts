import { HOUR, rangeOf } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { ringSeconds: 8, hours: 48, leastPerMinuteMicros: 250_000, dearPerMinuteMicros: 750_000 }

export const rule: FraudRule = {
  id: 'FRAUD_ONE_RING',
  title: 'Calling back who rang once',
  description:
    'A number abroad rang for a moment and was missed, and is called back: the oldest trick to make somebody call a dear number. Numbers that are known, and countries that cost little, are left alone; where the minute costs much, however long it rang, only numbers that were dialled before are known.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !observation.international) return undefined
    const { ringSeconds, hours, leastPerMinuteMicros, dearPerMinuteMicros } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, e164, perMinute } = observation
    if (perMinute < leastPerMinuteMicros) return undefined
    const isDear = perMinute >= dearPerMinuteMicros
    const organisation = history.organisation(organisationId)
    const known = organisation.numbers.get(e164)
    if (isDear ? known?.dialled : known !== undefined) return undefined
    const bait = organisation.missed.find(
      each =>
        each.at >= at - hours * HOUR &&
        (isDear || each.ringMs <= ringSeconds * 1_000) &&
        rangeOf(each.from) === rangeOf(e164),
    )
    const approval = { kind: 'number', value: e164 } as const
    if (bait === undefined || history.approved(organisationId, payer, approval, at)) return undefined
    return {
      response: observation.class === 'ordinary' ? 'confirm' : 'block',
      reason: 'it rang and nobody took it, and nobody here knows it: calling back is what it wants',
      evidence: { 'rang from': bait.from, 'seconds of ringing': `${Math.round(bait.ringMs / 1_000)}` },
      approval,
    }
  },
}
