/**
 * From what was dialled to one number, or a denial. Readings of the digits are collected: those that the country's plan has (the
 * proper ones), then those that people mean who dial by habit. Two numbers in one stage: nobody guesses, the call is denied.
 */
import { type CountryPlan, planOf, plansOfCallingCode } from './country-plans.ts'
import { REFUSED_CODES, REFUSED_EVERYWHERE } from './data/dialling-codes.ts'
import { type DeniedDialling, deny, keysOfNumber } from './dialled-text.ts'
import {
  type AssignedNumber,
  assignedNumber,
  globalNumber,
  nationalIn,
  plansOfDigits,
  withoutNationalPrefix,
} from './e164.ts'

/** Of `OrganisationCalling`. */
export interface DiallingPlan {
  readonly country: string
  readonly outsidePrefix: string | undefined
  readonly areaCode: string | undefined
}

export type ResolvedNumber = { readonly number: AssignedNumber } | DeniedDialling

type Reading = AssignedNumber | undefined

/** E.164 has at most 15 digits; prefixes, carrier codes and padding come before them. */
const MAXIMUM_KEYS = 40
const MAXIMUM_LOCAL = 10

export function resolveNumber(dialled: string, calling: DiallingPlan): ResolvedNumber {
  const read = keysOfNumber(dialled)
  if (!('keys' in read)) return read
  const keys = withoutOutsidePrefix(read.keys, calling.outsidePrefix)
  if (keys === undefined) {
    const isNumber = /^\d+$/.test(read.keys)
    return isNumber
      ? deny('ROUTE_UNKNOWN', `nobody here has this number; outside numbers begin with ${calling.outsidePrefix}`)
      : malformed(read.keys)
  }
  const plan = planOf(calling.country)
  if (plan === undefined)
    return deny('ROUTE_INVALID_NUMBER', `the organisation's country "${calling.country}" has no number plan`)
  for (const { pattern, reason } of [...REFUSED_EVERYWHERE, ...(REFUSED_CODES[calling.country] ?? [])]) {
    if (pattern.test(keys)) return deny('ROUTE_INVALID_NUMBER', reason)
  }
  if (!/^\+?\d+$/.test(keys)) return malformed(keys)
  if (keys.length > MAXIMUM_KEYS) return deny('ROUTE_INVALID_NUMBER', 'too many digits for a telephone number')
  return keys.startsWith('+') ? resolveGlobal(keys.slice(1)) : resolveDialled(keys, plan, calling.areaCode)
}

/** With a prefix configured, numbers without it stay inside; `+` needs none. Undefined: it is missing. */
function withoutOutsidePrefix(keys: string, prefix: string | undefined): string | undefined {
  if (prefix === undefined || prefix === '' || keys.startsWith('+')) return keys
  return keys.startsWith(prefix) ? keys.slice(prefix.length) : undefined
}

function malformed(keys: string): DeniedDialling {
  if (keys === '') return deny('ROUTE_MALFORMED', 'no number')
  if (keys.lastIndexOf('+') > 0) return deny('ROUTE_MALFORMED', 'a "+" that is not at the front of the number')
  if (/^[*#]/.test(keys)) return deny('ROUTE_MALFORMED', 'no function here has this code')
  if (/^[\p{L}_]/u.test(keys)) return deny('ROUTE_UNKNOWN', 'nobody here has this name')
  return deny('ROUTE_MALFORMED', 'characters that no telephone number has')
}

function resolveGlobal(digits: string): ResolvedNumber {
  if (digits.startsWith('0')) return deny('ROUTE_INVALID_NUMBER', 'a country code follows "+", and none begins with 0')
  return oneOf([globalNumber(digits)]) ?? invalidGlobal(digits)
}

function invalidGlobal(digits: string): DeniedDialling {
  const plan = plansOfDigits(digits)?.[0]
  if (plan === undefined) return deny('ROUTE_INVALID_NUMBER', 'begins with no country code')
  const place = plan.country === undefined ? `the network +${plan.callingCode}` : `the country of +${plan.callingCode}`
  return deny('ROUTE_INVALID_NUMBER', `${place} has no such number`)
}

function resolveDialled(digits: string, plan: CountryPlan, areaCode: string | undefined): ResolvedNumber {
  return (
    oneOf([...abroad(digits, plan), ...atHome(digits, plan, areaCode)]) ??
    oneOf(byHabit(digits, plan)) ??
    deny('ROUTE_INVALID_NUMBER', whatToDial(plan))
  )
}

/** The country's international prefix, that of a carrier among them; where 00 alone is one as well, both readings. */
function abroad(digits: string, plan: CountryPlan): Reading[] {
  const prefix = plan.internationalPrefix?.exec(digits)?.[0]
  if (prefix === undefined) return []
  const reading = globalNumber(digits.slice(prefix.length))
  const plain = prefix.length > 2 && digits.startsWith('00') && plan.internationalPrefix?.exec('00')?.[0] === '00'
  return plain ? [reading, globalNumber(digits.slice(2))] : [reading]
}

/** Without a national prefix where the country has none or does not insist; without an area code where the organisation has one. */
function atHome(digits: string, plan: CountryPlan, areaCode: string | undefined): Reading[] {
  const { nationalPrefix, callingCode } = plan
  const hasPrefix = nationalPrefix !== undefined && digits.startsWith(nationalPrefix)
  const national = [withoutNationalPrefix(plan, digits)]
  if (hasPrefix) national.push(digits.slice(nationalPrefix.length))
  if (nationalPrefix === undefined || callingCode === '1') national.push(digits)
  if (!hasPrefix && areaCode !== undefined && digits.length <= MAXIMUM_LOCAL) national.push(areaCode + digits)
  const plans = plansOfCallingCode(Number(callingCode)) ?? [plan]
  return national.map(each => (each === undefined ? undefined : nationalIn(plans, each)))
}

/** 00 and 011 everywhere, zeros before a country code, a country code without `+`, a number without its national prefix. */
function byHabit(digits: string, plan: CountryPlan): Reading[] {
  const international = /^(?:00|011)0*([1-9]\d*)$/.exec(digits)?.[1]
  if (international !== undefined) return [globalNumber(international)]
  if (digits.startsWith('0')) return []
  const withCode = digits.startsWith(plan.callingCode) ? globalNumber(digits) : undefined
  const bare = assignedNumber(plan.callingCode + digits)
  // Abroad without a "+"? Nobody's guess, but reason enough not to take it for a number at home.
  return [withCode, bare, bare === undefined ? undefined : assignedNumber(digits)]
}

function oneOf(readings: readonly Reading[]): ResolvedNumber | undefined {
  const first = readings.find(each => each !== undefined)
  if (first === undefined) return undefined
  const other = readings.find(each => each !== undefined && each.e164 !== first.e164)
  if (other === undefined) return { number: first }
  const both = `${first.e164} or ${other.e164}`
  return deny('ROUTE_AMBIGUOUS_NUMBER', `this may mean ${both}; dial the one that you mean with "+"`)
}

function whatToDial(plan: CountryPlan): string {
  const national = plan.nationalPrefix === undefined ? '' : `${plan.nationalPrefix} and the area code, or `
  return `no telephone number begins and ends like this; dial ${national}"+" and the country code`
}
