/** Calls that toll-fraud control stopped on a day, and what an hour of each would have cost. */
import type { OrganisationId } from '../base/ids.ts'
import { localDate } from '../fraud/budget/period.ts'
import { addMicros, type Micros, ZERO } from '../fraud/rating/money.ts'
import { costOf } from '../fraud/rating/price.ts'
import { routeDialled } from '../routing/route-dialled.ts'
import type { FraudParts } from './fraud-parts.ts'
import type { OperationsOptions } from './operations.ts'

type StoppedOptions = Pick<OperationsOptions, 'log' | 'clock' | 'directory'>

const PAGE = 1_000
/** Further ones are counted on another day's screen: this one is to be quick. */
const MAXIMUM_PAGES = 10
const HOUR_S = 3_600
/** A local day is at most 25 hours, and a change of the zone's name may add to it. */
const LONGEST_DAY_MS = 30 * 3_600_000

export interface Stopped {
  readonly stopped: number
  /** Undefined: none of them has a price. */
  readonly prevented: Micros | undefined
}

export async function stoppedSince(
  options: StoppedOptions,
  fraud: FraudParts,
  today: string,
  timeZone: string,
): Promise<Stopped> {
  const { log, clock, directory } = options
  const { id } = directory.primary
  let stopped = 0
  let prevented: Micros | undefined
  let after: number | undefined
  const since = clock.now() - LONGEST_DAY_MS
  for (let page = 0; page < MAXIMUM_PAGES; page++) {
    const position = after === undefined ? { since } : { after }
    const events = await log.query({ types: ['call.refused'], ...position, limit: PAGE })
    for (const { event, position: at } of events) {
      after = at
      if (event.type !== 'call.refused' || !event.data.rule.startsWith('FRAUD_')) continue
      if (localDate(event.at, timeZone) !== today) continue
      stopped++
      const hour = hourOf(options, fraud, id, event.data.to)
      if (hour !== undefined) prevented = addMicros(prevented ?? ZERO, hour)
    }
    if (events.length < PAGE) break
  }
  return { stopped, prevented }
}

/** Undefined where it is no number outside any more, or has no price. */
function hourOf(
  { directory, clock }: StoppedOptions,
  fraud: FraudParts,
  organisationId: OrganisationId,
  dialled: string,
): Micros | undefined {
  const route = routeDialled(directory, organisationId, dialled)
  const external = route.kind === 'external' ? route : route.kind === 'denied' ? route.external : undefined
  if (external === undefined) return undefined
  const priced = fraud.tariffOf(organisationId).price(external, clock.now())
  return priced.ok ? costOf(priced.value.rate, HOUR_S) : undefined
}
