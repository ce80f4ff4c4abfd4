import type { AccountHistory } from '../../history/types.ts'
import type { Source } from '../../types.ts'
import { HOUR, isDear, isExtension } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { hours: 24 }

/** Where it was before it came to this network. */
function earlierSource({ calls, registrations }: AccountHistory, { network }: Source): Source | undefined {
  const called = calls.find(({ attempt, allowed }) => allowed && attempt.source?.network !== network)?.attempt
  const registered = registrations.find(each => each.source.network !== network)
  if (called?.source !== undefined && (registered === undefined || called.at > registered.at)) return called.source
  return registered?.source ?? called?.source
}

export const rule: FraudRule = {
  id: 'FRAUD_IDENTITY_CHANGE',
  title: 'A dear call from a new place',
  description:
    'A call abroad or to a dear number comes from a network that this extension has never used, and from another country or with another phone than before. For stolen credentials; a home office on the same phone is left alone.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || observation.source === undefined || !isDear(observation)) return undefined
    const { hours } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, source } = observation
    const account = history.payer(organisationId, payer)
    const seen = account.networks.get(source.network)
    const isNew = seen === undefined || (seen.first > account.since && seen.first >= at - hours * HOUR)
    // The first network of all is where it belongs.
    if (!isExtension(payer) || !isNew || account.networks.size === 0) return undefined
    const before = earlierSource(account, source)
    if (before === undefined || (before.country === source.country && before.userAgent === source.userAgent))
      return undefined
    const approval = { kind: 'network', value: source.network } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    return {
      response: 'confirm',
      reason: 'it calls abroad or a dear number from a place where it never was',
      evidence: {
        'from network': source.network,
        'in country': source.country ?? 'unknown',
        phone: source.userAgent,
        'before that': `${before.country ?? 'unknown'}, ${before.userAgent}`,
      },
      approval,
    }
  },
}
