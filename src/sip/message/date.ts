/** SIP-date (RFC 3261 §25.1): RFC 1123 form, always GMT. */

const FORM =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

/** Milliseconds since the epoch, or undefined when malformed, impossible, or in another zone than GMT. */
export function parseDate(text: string): number | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const month = MONTHS.toLowerCase().indexOf(match[3]!.toLowerCase()) / 3
  const [day, year, hour, minute, second] = [match[2], match[4], match[5], match[6], match[7]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const at = Date.UTC(year, month, day, hour, minute, second)
  return new Date(Date.UTC(year, month, day)).getUTCDate() === day ? at : undefined
}

/** The date as text, for a time in milliseconds since the epoch. */
export function formatDate(at: number): string {
  // `toUTCString` is defined to have exactly this form (ECMA-262 §21.4.4.43).
  return new Date(at).toUTCString()
}
