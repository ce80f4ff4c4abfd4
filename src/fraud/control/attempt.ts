/** What is asked, as the rules see it. */
import type { Result } from '../../base/result.ts'
import { fail, ok } from '../../base/result.ts'
import { neighbourhoodOf } from '../../base/network.ts'
import type { OrganisationCalling } from '../../directory/calling.ts'
import { classOf } from '../../routing/destination-class.ts'
import { assignedNumber } from '../../routing/e164.ts'
import { officeOpen } from '../../routing/office-hours.ts'
import type { ExternalNumber } from '../../routing/types.ts'
import type { Rate } from '../rating/deck.ts'
import type { Tariff } from '../rating/tariff.ts'
import type { OutsideAttempt, Source } from '../types.ts'
import type { LegRequest, RawSource } from './types.ts'

export type CountryOfAddress = (address: string) => string | undefined

/** Sources come again and again. */
const MAXIMUM_SOURCES = 10_000

export function createSourceReader(countryOfAddress: CountryOfAddress): (raw: RawSource) => Source {
  const places = new Map<string, Pick<Source, 'network' | 'country'>>()
  return raw => {
    let place = places.get(raw.address)
    if (place === undefined) {
      if (places.size >= MAXIMUM_SOURCES) places.clear()
      place = { network: neighbourhoodOf(raw.address), country: countryOfAddress(raw.address) }
      places.set(raw.address, place)
    }
    return { ...raw, ...place }
  }
}

export interface Rated {
  readonly attempt: OutsideAttempt
  readonly rate: Rate
}

export interface NotRated {
  readonly rule: string
  readonly reason: string
}

/** What is not a number of any country, or has no price, is no call. */
export function rateAttempt(
  leg: LegRequest,
  calling: OrganisationCalling,
  tariff: Tariff,
  sourceOf: (raw: RawSource) => Source,
): Result<Rated, NotRated> {
  const number = assignedNumber(leg.e164.replace(/^\+/, ''))
  if (number === undefined) {
    return fail({
      rule: 'FRAUD_UNKNOWN_NUMBER',
      reason: 'the number belongs to no country: what it costs is not known',
    })
  }
  const { country } = number.plan
  const external: ExternalNumber = { e164: number.e164, country, class: classOf(number, calling.country) }
  const price = tariff.price(external, leg.at)
  if (!price.ok) return price
  const { rate } = price.value
  const attempt: OutsideAttempt = {
    kind: 'attempt',
    at: leg.at,
    organisationId: leg.organisationId,
    callId: leg.callId,
    payer: leg.payer,
    cause: leg.cause,
    e164: number.e164,
    country,
    class: external.class,
    international: country !== calling.country,
    perMinute: rate.perMinute,
    callerId: leg.callerId,
    source: leg.source === undefined ? undefined : sourceOf(leg.source),
    officeOpen: officeOpen(calling.schedule, leg.at),
  }
  return ok({ attempt, rate })
}
