/** How dear or dangerous a destination is: by the kind of number, by range, by country. */
import { CLASS_OF_TYPE, FRAUD_PRONE_COUNTRIES, ORDINARY_TYPES, RANGES } from './data/destination-ranges.ts'
import type { AssignedNumber } from './e164.ts'
import { createPrefixTable, type PrefixTable } from './prefix-table.ts'
import type { DestinationClass } from './types.ts'

/** Ordered: of two opinions the worse one counts. */
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
  const range = ranges.longest(number.e164, 1)
  const byRange = range === undefined ? undefined : CLASSES[range]
  if (byRange === 'fraud-prone' && country !== home) return 'fraud-prone'
  if (country !== home && FRAUD_PRONE.has(country)) return 'fraud-prone'
  const byType = ORDINARY_TYPES[country]?.includes(number.type) === true ? undefined : CLASS_OF_TYPE[number.type]
  if (callingCode === '1' && NORTH_AMERICAN_PREMIUM.test(number.nationalNumber)) return 'special-service'
  if (byRange === 'ordinary')
    return byType === 'special-service' && number.type === 'PREMIUM_RATE' ? byType : 'ordinary'
  return byRange ?? byType ?? 'ordinary'
}
