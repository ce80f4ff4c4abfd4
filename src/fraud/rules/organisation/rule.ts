import { callsSince, HOUR } from '../recent.ts'
import type { FraudRule } from '../../types.ts'

const THRESHOLDS = { payers: 7, blockPayers: 14 }

export const rule: FraudRule = {
  id: 'FRAUD_ORGANISATION',
  title: 'Many extensions, one pattern',
  description:
    'Many extensions call numbers of one country that nobody called before, within an hour, each below its own thresholds: the whole system was taken, not one phone. Numbers that are known go on.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !observation.international) return undefined
    const { payers, blockPayers } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, country, e164 } = observation
    const organisation = history.organisation(organisationId)
    const isNew = (number: string): boolean => (organisation.numbers.get(number)?.first ?? at) >= at - HOUR
    if (!isNew(e164)) return undefined
    const others = new Set([payer])
    for (const { attempt } of callsSince(organisation, at - HOUR)) {
      if (attempt.country === country && attempt.international && isNew(attempt.e164)) others.add(attempt.payer)
    }
    if (others.size < payers) return undefined
    const approval = { kind: 'number', value: e164 } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    const evidence = { country: country ?? 'no country', 'extensions in an hour': `${others.size}` }
    const reason = 'many extensions call new numbers of one country at the same time'
    if (others.size < blockPayers) return { response: 'confirm', reason, evidence, approval }
    return { response: 'block-destination', reason, evidence, prefix: e164.slice(1, -4) }
  },
}
