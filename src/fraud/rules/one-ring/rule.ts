import { HOUR, rangeOf } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { ringSeconds: 8, hours: 48 }

export const rule: FraudRule = {
  id: 'FRAUD_ONE_RING',
  title: 'Calling back who rang once',
  description:
    'A number abroad rang for a moment and was missed, and is called back: the oldest trick to make somebody call a dear number. Numbers that are known are left alone.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !observation.international) return undefined
    const { ringSeconds, hours } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, e164 } = observation
    const organisation = history.organisation(organisationId)
    if (organisation.numbers.has(e164)) return undefined
    const bait = organisation.missed.find(
      each =>
        each.at >= at - hours * HOUR && each.ringMs <= ringSeconds * 1_000 && rangeOf(each.from) === rangeOf(e164),
    )
    const approval = { kind: 'number', value: e164 } as const
    if (bait === undefined || history.approved(organisationId, payer, approval, at)) return undefined
    return {
      response: observation.class === 'ordinary' ? 'confirm' : 'block',
      reason: 'it rang for a moment only and nobody here knows it: calling back is what it wants',
      evidence: { 'rang from': bait.from, 'seconds of ringing': `${Math.round(bait.ringMs / 1_000)}` },
      approval,
    }
  },
}
