import { placeOf } from '../../history/account.ts'
import type { AccountHistory } from '../../history/types.ts'
import type { FraudRule, Source } from '../../types.ts'
import { callsSince, DAY, HOUR } from '../recent.ts'

const THRESHOLDS = { hours: 2, knownDays: 7 }

type Located = Source & { readonly country: string }

export const rule: FraudRule = {
  id: 'FRAUD_TWO_COUNTRIES',
  title: 'One device in two countries',
  description:
    'The same device registers or calls from two countries within less time than a journey takes: its credentials are with somebody else. Countries in which it has been for a week are its own: some networks are registered abroad.',
  thresholds: THRESHOLDS,
  sees: ['registered', 'attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'registered' && observation.kind !== 'attempt') return undefined
    const { hours, knownDays } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, source } = observation
    if (!isLocated(source)) return undefined
    const account = history.payer(organisationId, payer)
    const isOwn = (where: Source): boolean =>
      (account.places.get(placeOf(where))?.first ?? at) < at - knownDays * DAY ||
      history.approved(organisationId, payer, { kind: 'network', value: where.network }, at)
    for (const elsewhere of sourcesSince(account, at - hours * HOUR)) {
      if (elsewhere.device !== source.device || elsewhere.country === source.country) continue
      if (isOwn(source) && isOwn(elsewhere)) continue
      return {
        response: 'suspend',
        reason: 'the same device is in two countries',
        evidence: {
          device: source.device,
          now: `${source.country} (${source.address})`,
          before: `${elsewhere.country} (${elsewhere.address})`,
        },
      }
    }
    return undefined
  },
}

/** What was before a restoration is forgiven. */
function* sourcesSince(account: AccountHistory, since: number): Generator<Located> {
  const from = Math.max(since, account.restoredAt ?? 0)
  for (const { at, source } of account.registrations) if (at >= from && isLocated(source)) yield source
  for (const { attempt } of callsSince(account, since)) if (isLocated(attempt.source)) yield attempt.source
}

function isLocated(source: Source | undefined): source is Located {
  return source?.country !== undefined && source.device !== ''
}
