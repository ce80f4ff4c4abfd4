/**
 * What the number plans do not say about cost and fraud. Prefixes are E.164 without `+`; the longest one counts. Sources are in
 * NOTICE. A range here is a class, not an accusation: who needs it opens it.
 */
import type { NumberType } from '../country-plans.ts'
import type { DestinationClass } from '../types.ts'

/** By kind of number, where the plan tells it. Not named: ordinary. */
export const CLASS_OF_TYPE: Readonly<Partial<Record<NumberType, DestinationClass>>> = {
  PREMIUM_RATE: 'special-service',
  SHARED_COST: 'special-service',
  PERSONAL_NUMBER: 'special-service',
  UAN: 'special-service',
  VOIP: 'special-service',
  PAGER: 'special-service',
  VOICEMAIL: 'special-service',
}

/** Kinds that cost what an ordinary call costs in that country. */
export const ORDINARY_TYPES: Readonly<Record<string, readonly NumberType[]>> = {
  AT: ['VOIP'],
  AU: ['VOIP'],
  BE: ['VOIP', 'UAN'],
  BG: ['VOIP'],
  CH: ['VOIP'],
  CZ: ['VOIP', 'UAN'],
  DE: ['VOIP'],
  DK: ['VOIP'],
  EE: ['VOIP'],
  ES: ['VOIP'],
  FI: ['VOIP', 'UAN'],
  FR: ['VOIP'],
  GR: ['VOIP'],
  HU: ['VOIP'],
  IE: ['VOIP'],
  IL: ['VOIP'],
  IT: ['VOIP'],
  JP: ['VOIP'],
  KR: ['VOIP'],
  LT: ['VOIP', 'UAN'],
  LU: ['VOIP'],
  NL: ['VOIP', 'UAN'],
  NO: ['VOIP', 'UAN'],
  PL: ['VOIP', 'UAN'],
  PT: ['VOIP'],
  SE: ['VOIP', 'UAN'],
  SG: ['VOIP'],
  SI: ['VOIP'],
  SK: ['VOIP', 'UAN'],
  ZA: ['VOIP', 'UAN'],
}

/**
 * Prefixes with a class of their own. Not here: networks of no country (satellite +870, +881; international networks +878, +882,
 * +883, +888; +800, +808, +979), which are fraud-prone all together.
 */
export const RANGES: readonly (readonly [prefix: string, DestinationClass])[] = [
  // United Kingdom: 03 costs what a geographic number costs, 055 is for companies.
  ['443', 'ordinary'],
  ['4455', 'ordinary'],
  // Satellite telephones in Australia's plan.
  ['61147', 'fraud-prone'],
]

/**
 * Countries whose revenue from incoming calls, and whose small or rented ranges, make them usual targets of revenue-share fraud, and
 * that hardly any business calls. Opening such a country needs the class as well. Where it is the home country, it is ordinary.
 */
export const FRAUD_PRONE_COUNTRIES: readonly string[] = [
  'AC',
  'CK',
  'CU',
  'FK',
  'GW',
  'IO',
  'KI',
  'KM',
  'KP',
  'MV',
  'NF',
  'NR',
  'NU',
  'PW',
  'SB',
  'SH',
  'SO',
  'SS',
  'ST',
  'TA',
  'TK',
  'TL',
  'TO',
  'TV',
  'VU',
  'WF',
  'WS',
]
