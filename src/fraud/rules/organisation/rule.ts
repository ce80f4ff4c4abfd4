import type { AccountHistory, PastCall } from '../../history/types.ts'
import { formatMicros, microsOf } from '../../rating/money.ts'
import type { FraudRule, OutsideAttempt } from '../../types.ts'
import { callsSince, DAY, HOUR, isDear, sizeOf } from '../recent.ts'

const THRESHOLDS = { payers: 7, blockPayers: 14, spendMicros: 30_000_000, newDays: 7, officeSize: 50 }

/** When somebody here was let through to it first; now: never before. */
function dialledFirst({ numbers }: AccountHistory, e164: string, at: number): number {
  return numbers.get(e164)?.dialled ?? at
}

/** What it has cost until now. */
function costUntil({ attempt, answeredAt, endedAt, cost }: PastCall, at: number): number {
  if (endedAt !== undefined) return cost
  return answeredAt === undefined ? 0 : (attempt.perMinute * (at - answeredAt)) / 60_000
}

function lastHour(
  organisation: AccountHistory,
  { at, e164, country, payer, international }: OutsideAttempt,
  newSince: number,
): { payers: number; spent: number } {
  const isNew = (number: string): boolean => dialledFirst(organisation, number, at) >= at - HOUR
  const payers = new Set([payer])
  const isCounted = international && isNew(e164)
  let spent = 0
  for (const past of callsSince(organisation, at - HOUR)) {
    const { attempt } = past
    if (!isDear(attempt)) continue
    if (isCounted && attempt.country === country && attempt.international && isNew(attempt.e164)) {
      payers.add(attempt.payer)
    }
    if (past.allowed && dialledFirst(organisation, attempt.e164, at) >= newSince) spent += costUntil(past, at)
  }
  return { payers: payers.size, spent }
}

export const rule: FraudRule = {
  id: 'FRAUD_ORGANISATION',
  title: 'Many extensions, one pattern',
  description:
    'Within an hour, many extensions call numbers of one country that nobody called before, or all together spend much on numbers that are new, each below its own thresholds: the whole system was taken, not one phone. Numbers that are known go on; an organisation of more extensions than `officeSize` may have more in proportion.',
  thresholds: THRESHOLDS,
  sees: ['attempt'],
  judge(observation, history, thresholds) {
    if (observation.kind !== 'attempt' || !isDear(observation)) return undefined
    const { payers: mostPayers, blockPayers, spendMicros, newDays, officeSize } = thresholds as typeof THRESHOLDS
    const { at, organisationId, payer, country, e164, international } = observation
    const organisation = history.organisation(organisationId)
    const newSince = at - newDays * DAY
    if (dialledFirst(organisation, e164, at) < newSince) return undefined
    const { payers, spent } = lastHour(organisation, observation, newSince)
    if (payers < mostPayers && spent < spendMicros) return undefined
    const factor = Math.max(1, sizeOf(history, organisationId, at) / officeSize)
    const approval = { kind: 'number', value: e164 } as const
    if (history.approved(organisationId, payer, approval, at)) return undefined
    const evidence = {
      country: country ?? 'no country',
      'extensions in an hour': `${payers}`,
      'spent on new numbers in an hour': formatMicros(microsOf(Math.round(spent))),
    }
    if (payers >= mostPayers * factor) {
      const reason = 'many extensions call new numbers of one country at the same time'
      if (payers < blockPayers * factor || !international) return { response: 'confirm', reason, evidence, approval }
      return { response: 'block-destination', reason, evidence, prefix: e164.slice(1, -4) }
    }
    if (spent < spendMicros * factor) return undefined
    return { response: 'confirm', reason: 'all together spend much on numbers that are new', evidence, approval }
  },
}
