/** Where a call from outside goes: which of our numbers it is for, and whether somebody is there. */
import type { OrganisationId } from '../base/ids.ts'
import type { OwnedNumber } from '../directory/number.ts'
import type { OutsideReader } from '../directory/outside-reader.ts'
import { planOf } from './country-plans.ts'
import { officeOpen } from './office-hours.ts'
import { symbolsOf, withoutParameters } from './symbols.ts'
import { e164Candidates } from './to-e164.ts'
import type { InboundRoute } from './types.ts'

export type InboundReader = Pick<OutsideReader, 'callingOf' | 'ownedNumber'>

/**
 * `dialled`: what the trunk sent, in whatever format it writes numbers. With an organisation (that of the trunk) only its own
 * numbers count, and its country reads the national format. Undefined: not one of our numbers.
 */
export function routeInbound(
  reader: InboundReader,
  organisationId: OrganisationId | undefined,
  dialled: string,
  now: number,
): InboundRoute | undefined {
  if (dialled.length > 512) return undefined
  const country = organisationId === undefined ? '' : reader.callingOf(organisationId).country
  for (const e164 of candidates(dialled, country)) {
    const number = reader.ownedNumber(e164)
    if (number === undefined || (organisationId !== undefined && number.organisationId !== organisationId)) continue
    return routeOwned(reader, number, now)
  }
  return undefined
}

/** By time, for a number of ours that somebody inside dialled, too. */
export function routeOwned(reader: InboundReader, number: OwnedNumber, now: number): InboundRoute {
  const open = officeOpen(reader.callingOf(number.organisationId).schedule, now)
  return { number, target: open ? number.target : (number.afterHours ?? number.target), officeOpen: open }
}

/** The plan's readings, then the bare digits: providers sell numbers that no plan knows yet. */
function* candidates(dialled: string, country: string): Generator<string> {
  yield* e164Candidates(dialled, country)
  const keys = symbolsOf(withoutParameters(dialled)) ?? ''
  if (!/^\+?\d{3,24}$/.test(keys)) return
  yield keys.startsWith('+') ? keys : `+${keys}`
  const international = /^(?:00|011)(\d+)$/.exec(keys)?.[1]
  if (international !== undefined) yield `+${international}`
  const plan = planOf(country)
  if (plan === undefined) return
  const { nationalPrefix = '', callingCode } = plan
  if (keys.startsWith(nationalPrefix)) yield `+${callingCode}${keys.slice(nationalPrefix.length)}`
  yield `+${callingCode}${keys}`
}
