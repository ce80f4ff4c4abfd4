/** What it means that a phone of the organisation dialled this: emergency calls first, then our own, then the world. */
import type { OrganisationId } from '../base/ids.ts'
import type { OrganisationCalling } from '../directory/calling.ts'
import type { OutsideReader } from '../directory/outside-reader.ts'
import type { DirectoryReader } from '../directory/types.ts'
import { classOf, KNOWN_RANGES } from './destination-class.ts'
import { emergencyOf, habitualEmergencyOf } from './emergency.ts'
import { featureOf } from './feature-codes.ts'
import { resolveNumber } from './number-plan.ts'
import type { PrefixTable } from './prefix-table.ts'
import { symbolsOf, withoutParameters } from './symbols.ts'
import type { DestinationClass, ExternalNumber, Route } from './types.ts'

export type RouteReader = Pick<DirectoryReader, 'extensionByNumber'> &
  Pick<OutsideReader, 'callingOf' | 'groupByNumber' | 'ownedNumber'>

const UNKNOWN: Route = { kind: 'denied', rule: 'ROUTE_UNKNOWN', reason: 'nobody here has this number' }
const MAXIMUM_DIALLED = 512

/**
 * `dialled`: the user part of the Request-URI, its escapes removed, with the parameters that phones put there (RFC 3966).
 * `ranges`: see `createDestinationRanges`.
 */
export function routeDialled(
  reader: RouteReader,
  organisationId: OrganisationId,
  dialled: string,
  ranges: PrefixTable = KNOWN_RANGES,
): Route {
  const calling = safely(() => reader.callingOf(organisationId))
  const emergency = emergencyOf(dialled, calling)
  if (emergency !== undefined) return emergency
  if (dialled.length > MAXIMUM_DIALLED) return UNKNOWN
  return (
    ourOwn(reader, organisationId, dialled) ??
    habitualEmergencyOf(dialled, calling) ??
    (calling === undefined ? UNKNOWN : outside(reader, calling, dialled, ranges))
  )
}

/** Where the directory fails, there is still the table of emergency numbers. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** As it was dialled, then without what only makes it readable: extensions may hold letters, points and dashes. */
function ourOwn(reader: RouteReader, organisationId: OrganisationId, dialled: string): Route | undefined {
  const user = withoutParameters(dialled)
  const keys = symbolsOf(user)
  for (const number of keys === undefined || keys === user ? [user] : [user, keys]) {
    const extension = reader.extensionByNumber(organisationId, number)
    if (extension !== undefined) return { kind: 'extension', extension }
    const group = reader.groupByNumber(organisationId, number)
    if (group !== undefined) return { kind: 'group', group }
  }
  const feature = featureOf(user)
  return feature === undefined ? undefined : { kind: 'feature', ...feature }
}

function outside(reader: RouteReader, calling: OrganisationCalling, dialled: string, ranges: PrefixTable): Route {
  const resolved = resolveNumber(dialled, calling)
  if (!('number' in resolved)) return { kind: 'denied', ...resolved }
  const { e164, plan } = resolved.number
  const owned = reader.ownedNumber(e164)
  if (owned?.organisationId === calling.organisationId) return { kind: 'owned', number: owned }
  const external = { e164, country: plan.country, class: classOf(resolved.number, calling.country, ranges) }
  return admitted(external, calling)
}

/** Home country and ordinary numbers, and what the organisation has opened. */
function admitted(external: ExternalNumber, calling: OrganisationCalling): Route {
  const { country } = external
  if (country !== undefined && !calling.openCountries.includes(country)) {
    const reason = `calls to ${nameOf(country)} are closed; an administrator can open the country`
    return { kind: 'denied', rule: 'ROUTE_COUNTRY_CLOSED', reason, external }
  }
  if (external.class !== 'ordinary' && !calling.openClasses.includes(external.class)) {
    const reason = `calls to ${CLASS_NAMES[external.class]} are closed; an administrator can open the class`
    return { kind: 'denied', rule: 'ROUTE_CLASS_CLOSED', reason, external }
  }
  return { kind: 'external', ...external }
}

const CLASS_NAMES: Readonly<Record<DestinationClass, string>> = {
  ordinary: 'ordinary numbers',
  'special-service': 'special services (premium rate, shared cost, personal numbers)',
  'fraud-prone': 'ranges that are often used for fraud (satellite, international networks and others)',
}

const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' })

function nameOf(country: string): string {
  return regionNames.of(country) ?? country
}
