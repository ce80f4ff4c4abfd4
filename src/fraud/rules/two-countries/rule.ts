import type { AccountHistory } from '../../history/types.ts'
import type { Source } from '../../types.ts'
import { HOUR } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { hours: 2 }

function otherCountry({ registrations, calls }: AccountHistory, here: Source, since: number): string | undefined {
  const isElsewhere = (source: Source | undefined): boolean =>
    source !== undefined &&
    source.device === here.device &&
    source.country !== undefined &&
    source.country !== here.country
  const registered = registrations.find(each => each.at >= since && isElsewhere(each.source))?.source
  const found =
    registered ?? calls.findLast(({ attempt }) => attempt.at >= since && isElsewhere(attempt.source))?.attempt.source
  return found === undefined ? undefined : `${found.country} (${found.address})`
}

export const rule: FraudRule = {
  id: 'FRAUD_TWO_COUNTRIES',
  title: 'One device in two countries',
  description:
    'The same device registers or calls from two countries within less time than a journey takes: its credentials are with somebody else.',
  thresholds: THRESHOLDS,
  sees: ['registered', 'attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'registered' && observation.kind !== 'attempt') return undefined
    const { hours } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, source } = observation
    if (source?.country === undefined || source.device === '') return undefined
    const elsewhere = otherCountry(history.payer(organisationId, payer), source, at - hours * HOUR)
    if (elsewhere === undefined) return undefined
    return {
      response: 'suspend',
      reason: 'the same device is in two countries',
      evidence: { device: source.device, now: `${source.country} (${source.address})`, before: elsewhere },
    }
  },
}
