/** How a trunk wants a number written. */
import type { NumberFormat } from '../directory/trunk.ts'
import { planOf } from './country-plans.ts'
import { assignedNumber } from './e164.ts'

/** `e164` with `+`. `national`: as dialled in `country`, numbers of other countries after its international prefix. */
export function formatFor(format: NumberFormat, e164: string, country: string): string {
  if (format === '+e164') return e164
  const digits = e164.startsWith('+') ? e164.slice(1) : e164
  if (format === 'e164') return digits
  const home = planOf(country)
  if (home === undefined) return e164
  const { callingCode, nationalPrefix } = home
  const known = assignedNumber(digits)
  const isHome = known === undefined ? digits.startsWith(callingCode) : known.plan.callingCode === callingCode
  if (isHome) return (nationalPrefix ?? '') + digits.slice(callingCode.length)
  return `${home.preferredInternationalPrefix ?? '00'}${digits}`
}
