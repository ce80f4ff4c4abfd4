/** Whom a rule only tells of, in a policy document: `{ "101": "2026-12-31T00:00:00.000Z" }`. Always until a date. */
import type { Result } from '../base/result.ts'
import { fail, ok } from '../base/result.ts'
import type { Exemption } from '../guard/decide/decide.ts'
import type { PolicyFault } from './policy-document.ts'

const MAXIMUM = 1_000
/** An extension's number, `trunk:NAME` or `number:+49…`. */
const PAYER = /^(?:[A-Za-z0-9._-]{1,32}|trunk:[\w.-]{1,64}|number:\+\d{1,15})$/

/** Over those of before; null ends one. */
export function readExemptions(
  path: string,
  value: unknown,
  before: readonly Exemption[] = [],
): Result<readonly Exemption[], PolicyFault> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail({ path, message: 'is no object of payers and dates' })
  const exemptions = new Map(before.map(({ subject, until }) => [subject, until]))
  for (const [subject, date] of Object.entries(value)) {
    const inside = `${path}.${subject.slice(0, 64)}`
    if (!PAYER.test(subject))
      return fail({ path: inside, message: 'is neither the number of an extension nor trunk:NAME nor number:+49…' })
    if (date === null) {
      exemptions.delete(subject)
      continue
    }
    const until = typeof date === 'string' && /^\d{4}-\d{2}-\d{2}/.test(date) ? new Date(date).getTime() : Number.NaN
    if (!Number.isFinite(until)) return fail({ path: inside, message: 'is no date in ISO 8601' })
    exemptions.set(subject, until)
  }
  if (exemptions.size > MAXIMUM) return fail({ path, message: `more than ${MAXIMUM} exemptions` })
  // A document keeps no order of numbers.
  const sorted = [...exemptions].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return ok(sorted.map(([subject, until]) => ({ subject, until })))
}

export function exemptionsDocument(exemptions: readonly Exemption[]): Readonly<Record<string, string>> {
  return Object.fromEntries(exemptions.map(({ subject, until }) => [subject, new Date(until).toISOString()]))
}
