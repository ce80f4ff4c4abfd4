/**
 * Calls for help are recognised here before anything else, by nothing but a table of facts: no number plan, no directory. Every
 * function is total, whatever the configuration holds.
 */
import {
  EMERGENCY_NUMBERS,
  EMERGENCY_TEST_NUMBERS,
  UNKNOWN_COUNTRY,
  WITHHOLD_CODES,
  WORLDWIDE_HABIT,
} from './data/emergency-numbers.ts'
import { symbolsOf, withoutParameters } from './symbols.ts'
import type { Route } from './types.ts'

export type EmergencyRoute = Extract<Route, { kind: 'emergency' }>

/** What is looked at of `OrganisationCalling`; any of it may be missing or nonsense. */
export interface EmergencyPlan {
  readonly country?: unknown
  readonly outsidePrefix?: unknown
}

interface Country {
  readonly code: string
  readonly callingCode: string
  readonly main: string | undefined
  readonly numbers: readonly string[]
  readonly tests: readonly string[]
}

const UNKNOWN: Country = { code: '', callingCode: '', main: undefined, numbers: UNKNOWN_COUNTRY, tests: [] }
const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  Object.entries(EMERGENCY_NUMBERS).map(([code, [callingCode, ...numbers]]) => [
    code,
    { code, callingCode, main: numbers[0], numbers, tests: EMERGENCY_TEST_NUMBERS[code] ?? [] },
  ]),
)
const OUTSIDE_PREFIX = /^[0-9*#]{1,6}$/
/** Prefixes that people are used to dial, where none is configured. */
const USUAL_OUTSIDE_PREFIXES = ['0', '9', '00']

/**
 * The call for help that `dialled` (the user part of a Request-URI, its escapes removed) is, or undefined. Recognised are the
 * country's numbers as they are and after the outside-line prefix, with `+` or with the country's own code before them
 * (phones that rewrite numbers make `+112`, `+49112`, `0049112` of 112: none of these is a telephone number), after a code
 * that withholds the caller's number, and with a closing `#`.
 */
export function emergencyOf(dialled: string, calling: EmergencyPlan | undefined): EmergencyRoute | undefined {
  const keys = keysOf(dialled)
  if (keys === undefined) return undefined
  const country = countryOf(calling)
  const prefixes = ['', outsidePrefixOf(calling)]
  return find(keys, country, country.numbers, false, prefixes) ?? find(keys, country, country.tests, true, prefixes)
}

/**
 * Looked at after the numbers of our own: 112 and 911, which travellers dial everywhere, and the country's numbers after a
 * 0 or 9 that no configuration asks for. Leads to the country's main number.
 */
export function habitualEmergencyOf(dialled: string, calling: EmergencyPlan | undefined): EmergencyRoute | undefined {
  const keys = keysOf(dialled)
  if (keys === undefined) return undefined
  const country = countryOf(calling)
  const prefixes = ['', outsidePrefixOf(calling), ...USUAL_OUTSIDE_PREFIXES]
  const own = find(keys, country, country.numbers, false, prefixes)
  if (own !== undefined) return own
  const habit = find(keys, country, WORLDWIDE_HABIT, false, prefixes)
  return habit === undefined ? undefined : { ...habit, number: country.main ?? habit.number }
}

/** No extension, group or feature may have such a number. `country`: ISO 3166-1 alpha-2. */
export function isEmergencyNumber(country: string, number: string): boolean {
  return emergencyOf(number, { country }) !== undefined
}

/** The number for a call to `urn:service:sos…` (see `isEmergencyUrn`): the country's main one answers for all services. */
export function emergencyOfUrn(text: string, calling: EmergencyPlan | undefined): EmergencyRoute | undefined {
  if (!isEmergencyUrn(text)) return undefined
  const country = countryOf(calling)
  const test = country.tests[0]
  if (isTestUrn(text)) return test === undefined ? undefined : { kind: 'emergency', number: test, test: true }
  return { kind: 'emergency', number: country.main ?? UNKNOWN_COUNTRY[0], test: false }
}

/** RFC 5031 §4.2, RFC 7163, and `test.sos` of RFC 6881 §17: letters of either case (RFC 5031 §4.1). */
export function isEmergencyUrn(text: string): boolean {
  return text.length <= 256 && /^urn:service:(?:test\.)?sos(?:\.[a-z0-9-]+)*$/i.test(text)
}

function isTestUrn(text: string): boolean {
  return /^urn:service:test\./i.test(text)
}

function keysOf(dialled: string): string | undefined {
  if (typeof dialled !== 'string') return undefined
  const user = withoutParameters(dialled.slice(0, 256)).replace(/^(?:tel|sips?):|@.*$/gi, '')
  return symbolsOf(user)?.replace(/#$/, '')
}

function countryOf(calling: EmergencyPlan | undefined): Country {
  const code = fieldOf(calling, 'country')
  return (typeof code === 'string' ? COUNTRIES.get(code.trim().toUpperCase()) : undefined) ?? UNKNOWN
}

function outsidePrefixOf(calling: EmergencyPlan | undefined): string {
  const prefix = fieldOf(calling, 'outsidePrefix')
  return typeof prefix === 'string' && OUTSIDE_PREFIX.test(prefix) ? prefix : ''
}

/** Even a configuration whose reading fails costs no call. */
function fieldOf(calling: EmergencyPlan | undefined, name: keyof EmergencyPlan): unknown {
  try {
    return calling?.[name]
  } catch {
    return undefined
  }
}

function find(
  keys: string,
  country: Country,
  numbers: readonly string[],
  test: boolean,
  outsidePrefixes: readonly string[],
): EmergencyRoute | undefined {
  for (const number of numbers) {
    if (!keys.endsWith(number)) continue
    const before = keys.slice(0, keys.length - number.length)
    if (before === '' || leadsOutside(before, country, outsidePrefixes)) return { kind: 'emergency', number, test }
  }
  return undefined
}

/** `before` holds nothing but prefixes: outside line, withhold code, the country's own code. */
function leadsOutside(before: string, country: Country, outsidePrefixes: readonly string[]): boolean {
  for (const prefix of outsidePrefixes) {
    if (!before.startsWith(prefix)) continue
    const rest = withoutWithholdCode(before.slice(prefix.length), country)
    if (rest === '' || rest === '+') return true
    const own = /^(?:\+|00|011)(\d{1,3})$/.exec(rest)?.[1]
    if (own !== undefined && own === country.callingCode) return true
    if (prefix !== '' && withoutWithholdCode(before, country) === prefix) return true
  }
  return false
}

function withoutWithholdCode(keys: string, country: Country): string {
  for (const code of [...WITHHOLD_CODES['']!, ...(WITHHOLD_CODES[country.code] ?? [])]) {
    if (keys.startsWith(code)) return keys.slice(code.length)
  }
  return keys
}
