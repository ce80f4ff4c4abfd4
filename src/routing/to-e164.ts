/** A number as providers write it, in E.164. */
import { type CountryPlan, planOf, plansOfCallingCode } from './country-plans.ts'
import { type AssignedNumber, assignedNumber, globalNumber, nationalIn, withoutNationalPrefix } from './e164.ts'
import { symbolsOf, withoutParameters } from './symbols.ts'

/** Numbers that the plan does not know are kept when they look like E.164: a caller may have one. */
const E164 = /^\+[1-9]\d{6,14}$/

/** `+4930…`, `4930…`, `004930…`, `01149…`, `030…` as one E.164 number, or undefined. `country`: ISO 3166-1 alpha-2, for the national format. */
export function toE164(text: string, country: string): string | undefined {
  return e164Candidates(text, country)[0]
}

/** All readings, the likeliest first; for looking a number up among known ones. */
export function e164Candidates(text: string, country: string): readonly string[] {
  const keys = symbolsOf(withoutParameters(text))
  if (keys === undefined || !/^\+?\d{3,24}$/.test(keys)) return []
  if (keys.startsWith('+')) return E164.test(keys) ? [globalNumber(keys.slice(1))?.e164 ?? keys] : []
  const plan = planOf(country)
  const found = readings(keys, plan)
  return [...new Set(found.flatMap(each => (each === undefined ? [] : [each.e164])))]
}

function readings(digits: string, plan: CountryPlan | undefined): readonly (AssignedNumber | undefined)[] {
  const prefix = plan?.internationalPrefix?.exec(digits)?.[0] ?? /^(?:00|011)(?=[1-9])/.exec(digits)?.[0]
  const international = prefix === undefined ? undefined : globalNumber(digits.slice(prefix.length))
  if (plan === undefined) return [international, assignedNumber(digits)]
  const plans = plansOfCallingCode(Number(plan.callingCode)) ?? [plan]
  const stripped = withoutNationalPrefix(plan, digits)
  const national = stripped === undefined ? undefined : nationalIn(plans, stripped)
  const bare = nationalIn(plans, digits)
  const global = assignedNumber(digits)
  const home = digits.startsWith(plan.callingCode) ? [global, bare] : [bare, global]
  return [international, national, ...home]
}
