/** Digits after `+` to a country and a kind of number: no guesses, or nothing. */
import { type CountryPlan, type NumberType, plansOfCallingCode, typeIn } from './country-plans.ts'

export interface AssignedNumber {
  /** `+` and digits. */
  readonly e164: string
  readonly plan: CountryPlan
  /** Without the calling code: `e164.slice(1 + callingCode.length)`. */
  readonly nationalNumber: string
  readonly type: NumberType
}

/** Digits of an E.164 number, its calling code among them, as a country's plan has assigned them. */
export function assignedNumber(digits: string): AssignedNumber | undefined {
  const plans = plansOfDigits(digits)
  return plans === undefined ? undefined : nationalIn(plans, digits.slice(plans[0]!.callingCode.length))
}

/** The same; where it is none as it stands, without what is dialled only inside its country: "+49 (0) 30", Mexico's former "+52 1". */
export function globalNumber(digits: string): AssignedNumber | undefined {
  const plans = plansOfDigits(digits)
  if (plans === undefined) return undefined
  const main = plans[0]!
  const national = digits.slice(main.callingCode.length)
  const literal = nationalIn(plans, national)
  if (literal !== undefined) return literal
  const formerMobile = main.country === 'MX' && /^1\d{10}$/.test(national)
  const stripped = formerMobile ? national.slice(1) : withoutNationalPrefix(main, national)
  return stripped === undefined ? undefined : nationalIn(plans, stripped)
}

/** Calling codes are no prefixes of each other. Undefined: none of these digits is one. */
export function plansOfDigits(digits: string): readonly CountryPlan[] | undefined {
  let code = 0
  for (let i = 0; i < 3 && i < digits.length; i++) {
    code = code * 10 + (digits.charCodeAt(i) - 48)
    if (code === 0) return undefined
    const plans = plansOfCallingCode(code)
    if (plans !== undefined) return plans
  }
  return undefined
}

/** Leading digits, where a country has them, say alone whose number it is; else the first country that has assigned it. */
export function nationalIn(plans: readonly CountryPlan[], nationalNumber: string): AssignedNumber | undefined {
  for (const plan of plans) {
    if (plan.leadingDigits?.test(nationalNumber) === false) continue
    const type = typeIn(plan, nationalNumber)
    if (type !== undefined) return { e164: `+${plan.callingCode}${nationalNumber}`, plan, nationalNumber, type }
    if (plan.leadingDigits !== undefined) return undefined
  }
  return undefined
}

/** What remains when national prefix and carrier code are gone; undefined where there are none to take away. */
export function withoutNationalPrefix(plan: CountryPlan, digits: string): string | undefined {
  const pattern = plan.nationalPrefixPattern
  const match = pattern?.exec(digits)
  if (pattern === undefined || match === undefined || match === null) return undefined
  const last = match.length > 1 ? match.at(-1) : undefined
  const rewritten =
    plan.transform !== undefined && last !== undefined
      ? digits.replace(pattern, plan.transform)
      : digits.slice(match[0].length)
  return rewritten === digits ? undefined : rewritten
}
