import type { AccountHistory } from '../../history/types.ts'
import { callsSince, DAY, HOUR } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { countriesAnHour: 3, rememberedDays: 365 }

function knows({ countries }: AccountHistory, country: string, since: number): boolean {
  const seen = countries.get(country)
  return seen !== undefined && seen.last >= since
}

export const rule: FraudRule = {
  id: 'FRAUD_FIRST_COUNTRY',
  title: 'The first call to a country',
  description:
    'A country that nobody of the organisation has called needs a yes once; three of them in an hour from one extension are a thief who tries what is open.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !observation.international) return undefined
    const { countriesAnHour, rememberedDays } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, country = '-' } = observation
    const organisation = history.organisation(organisationId)
    const isKnown = (each: string): boolean => knows(organisation, each, at - rememberedDays * DAY)
    const approval = { kind: 'country', value: country } as const
    if (isKnown(country) || history.approved(organisationId, payer, approval, at)) return undefined
    const tried = new Set([country])
    for (const { attempt, allowed } of callsSince(history.payer(organisationId, payer), at - HOUR)) {
      const before = attempt.country ?? '-'
      if (attempt.international && !allowed && !isKnown(before)) tried.add(before)
    }
    const evidence = { country, 'new countries in an hour': `${tried.size}` }
    if (tried.size >= countriesAnHour) {
      return { response: 'suspend', reason: 'it tries one new country after another', evidence }
    }
    return { response: 'confirm', reason: `nobody here has called ${country} before`, evidence, approval }
  },
}
