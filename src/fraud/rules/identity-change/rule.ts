import { placeOf } from '../../history/account.ts'
import type { FraudRule } from '../../types.ts'
import { HOUR, isDear, isExtension } from '../recent.ts'

const THRESHOLDS = { hours: 168, suspendPerMinuteMicros: 1_000_000 }

/** Neither the country nor the kind of phone. */
function sharesNothing(one: string, other: string): boolean {
  const [a, b] = [one.indexOf(' '), other.indexOf(' ')]
  return one.slice(0, a) !== other.slice(0, b) && one.slice(a) !== other.slice(b)
}

export const rule: FraudRule = {
  id: 'FRAUD_IDENTITY_CHANGE',
  title: 'A dear call from a new place',
  description:
    'A call abroad or to a dear number comes from another country or with another phone than this extension had until a week ago. For stolen credentials: where a minute costs most, and country and phone are both new, it is suspended; a home office on the same phone, and the second journey to a place, are left alone.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.source === undefined || !isDear(observation)) return undefined
    const { hours, suspendPerMinuteMicros } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, source, perMinute } = observation
    const { places, firstPlace } = history.payer(organisationId, payer)
    const place = placeOf(source)
    const here = places.get(place)
    // The first place of all is where it belongs.
    if (!isExtension(payer) || firstPlace === undefined || place === firstPlace) return undefined
    if (here !== undefined && here.first < at - hours * HOUR) return undefined
    const approval = { kind: 'network', value: source.network } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    const before = [...places.keys()].filter(each => each !== place)
    const isStranger = perMinute >= suspendPerMinuteMicros && before.every(each => sharesNothing(each, place))
    return {
      response: isStranger ? 'suspend' : 'confirm',
      reason: isStranger
        ? 'it calls where a minute costs most, from another country and with another phone than ever before'
        : 'it calls abroad or a dear number from a place where it never was',
      evidence: {
        'from network': source.network,
        'in country': source.country ?? 'unknown',
        phone: source.userAgent,
        'until now': before.at(-1) ?? '',
      },
      approval,
    }
  },
}
