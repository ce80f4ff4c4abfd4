/** How dear or dangerous a destination is: by the kind of number, by range, by country. */
import { CLASS_OF_TYPE, FRAUD_PRONE_COUNTRIES, ORDINARY_TYPES, RANGES } from './data/destination-ranges.ts'
import type { AssignedNumber } from './e164.ts'
import { createPrefixTable, type PrefixTable } from './prefix-table.ts'
import type { DestinationClass } from './types.ts'

/** Their positions are the values of the table. */
const CLASSES = ['ordinary', 'special-service', 'fraud-prone'] as const
const FRAUD_PRONE = new Set(FRAUD_PRONE_COUNTRIES)
/** "976" numbers in every area code of the North American plan are premium rate. */
const NORTH_AMERICAN_PREMIUM = /^\d{3}976\d{4}$/

/** A table for `classOf`: what the product knows, and `more` prefixes (E.164 without `+`), which count before it. */
export function createDestinationRanges(more: Iterable<readonly [prefix: string, DestinationClass]> = []): PrefixTable {
  const entries = function* (): Generator<readonly [string, number]> {
    for (const [prefix, each] of RANGES) yield [prefix, CLASSES.indexOf(each)]
    for (const [prefix, each] of more) yield [prefix, CLASSES.indexOf(each)]
  }
  return createPrefixTable(entries())
}

export const KNOWN_RANGES: PrefixTable = createDestinationRanges()

/** `home`: ISO 3166-1 alpha-2 of the organisation; no country is fraud-prone to those who live there. */
export function classOf(number: AssignedNumber, home: string, ranges: PrefixTable = KNOWN_RANGES): DestinationClass {
  const { country, callingCode } = number.plan
  if (country === undefined) return 'fraud-prone'
  const known = ranges.longest(number.e164, 1)
  const range = known === undefined ? undefined : CLASSES[known]
  if (range === 'fraud-prone') return range
  if (country !== home && FRAUD_PRONE.has(country)) return 'fraud-prone'
  if (callingCode === '1' && NORTH_AMERICAN_PREMIUM.test(number.nationalNumber)) return 'special-service'
  const isOrdinary = ORDINARY_TYPES[country]?.includes(number.type) === true
  const byType = (isOrdinary ? undefined : CLASS_OF_TYPE[number.type]) ?? 'ordinary'
  // A range may make shared cost ordinary, never premium rate.
  return range === undefined || number.type === 'PREMIUM_RATE' ? byType : range
}
