/** Money as whole millionths of the currency's unit: never a fraction, so sums are exact. */
import type { Result } from '../../base/result.ts'
import { fail, ok } from '../../base/result.ts'

declare const micros: unique symbol
/** Millionths of a unit; a safe integer, so up to nine thousand million units. */
export type Micros = number & { readonly [micros]: true }

export const ZERO = 0 as Micros
const PER_UNIT = 1_000_000
const DIGITS = 6

/** Throws RangeError on what is no safe integer: a sum that overflows is a fault, not a rounding. */
export function microsOf(value: number): Micros {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no amount of money in millionths`)
  return value as Micros
}

export function addMicros(a: Micros, b: Micros): Micros {
  return microsOf(a + b)
}

export function subtractMicros(a: Micros, b: Micros): Micros {
  return microsOf(a - b)
}

/** Reads `12`, `0.0123`, `.5`: not negative, at most six decimals, a point and never a comma (which reads both ways). */
export function parseMicros(text: string): Result<Micros, string> {
  const match = /^(\d{0,9})(?:\.(\d{1,12}))?$/.exec(text)
  if (match === null || text === '') return fail(`"${text.slice(0, 20)}" is no amount such as 0.0123`)
  const [, units = '', decimals = ''] = match
  if (decimals.length > DIGITS && /[1-9]/.test(decimals.slice(DIGITS))) {
    return fail(`"${text.slice(0, 20)}" is finer than a millionth`)
  }
  return ok(microsOf(Number(units || '0') * PER_UNIT + Number(decimals.slice(0, DIGITS).padEnd(DIGITS, '0'))))
}

/** `12.50`, `0.0123`: at least two decimals, as many as it needs. */
export function formatMicros(amount: Micros): string {
  const sign = amount < 0 ? '-' : ''
  const absolute = Math.abs(amount)
  const decimals = String(absolute % PER_UNIT)
    .padStart(DIGITS, '0')
    .replace(/0{1,4}$/, '')
  return `${sign}${Math.floor(absolute / PER_UNIT)}.${decimals}`
}
