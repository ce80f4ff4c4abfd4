import { placeOf } from '../../history/account.ts'
import type { FraudRule } from '../../types.ts'
import { HOUR, isDear, isExtension } from '../recent.ts'

const THRESHOLDS = { hours: 168 }

export const rule: FraudRule = {
  id: 'FRAUD_IDENTITY_CHANGE',
  title: 'A dear call from a new place',
  description:
    'A call abroad or to a dear number comes from another country or with another phone than this extension had until a week ago. For stolen credentials; a home office on the same phone, and the second journey to a place, are left alone.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.source === undefined || !isDear(observation)) return undefined
    const { hours } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, source } = observation
    const { places, firstPlace } = history.payer(organisationId, payer)
    const place = placeOf(source)
    const here = places.get(place)
    // The first place of all is where it belongs.
    if (!isExtension(payer) || firstPlace === undefined || place === firstPlace) return undefined
    if (here !== undefined && here.first < at - hours * HOUR) return undefined
    const approval = { kind: 'network', value: source.network } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    return {
      response: 'confirm',
      reason: 'it calls abroad or a dear number from a place where it never was',
      evidence: {
        'from network': source.network,
        'in country': source.country ?? 'unknown',
        phone: source.userAgent,
        'until now': [...places.keys()].filter(each => each !== place).at(-1) ?? '',
      },
      approval,
    }
  },
}
