/** Values of options about money and fraud: read, or refused with an example. */
import { LONGEST_TIME_SECONDS } from '../api/fraud-schemas.ts'
import { usage } from './outside-values.ts'

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** `5`, `12.50`: decimal text, never a comma, which reads both ways. */
export function readMoney(option: string, text: string): string {
  if (/^(?=[\d.])\d{0,9}(\.\d{1,6})?$/.test(text)) return text
  throw usage(option, text, 'is no amount; for example 5 or 12.50, with a point')
}

/** `none` takes the value away. */
export function readMoneyOrNone(option: string, text: string): string | null {
  return text === 'none' ? null : readMoney(option, text)
}

/** `90s`, `15m`, `4h`, `30d`, `2w`, in seconds. */
export function readSpan(option: string, text: string, maximum: number): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  const seconds = count === undefined ? Number.NaN : Number(count) * UNIT_SECONDS[unit]!
  if (seconds >= 1 && seconds <= maximum) return seconds
  throw usage(option, text, `is no time of at most ${describeSpan(maximum)}; for example 90s, 15m, 4h, 30d`)
}

export function describeSpan(seconds: number): string {
  for (const [unit, name] of [
    ['d', 'day'],
    ['h', 'hour'],
    ['m', 'minute'],
  ] as const) {
    const size = UNIT_SECONDS[unit]!
    if (seconds >= size && seconds % size === 0) return `${seconds / size} ${name}${seconds === size ? '' : 's'}`
  }
  return `${seconds} second${seconds === 1 ? '' : 's'}`
}

export function readCurrency(option: string, text: string): string {
  const code = text.toUpperCase()
  if (/^[A-Z]{3}$/.test(code)) return code
  throw usage(option, text, 'is no currency in three letters; for example EUR')
}

/** Digits with the country code, without `+` and `00`. */
export function readPrefix(what: string, text: string): string {
  const digits = text.replace(/[\s./()-]/g, '').replace(/^(?:\+|00)/, '')
  if (/^[1-9]\d{0,14}$/.test(digits)) return digits
  throw usage(what, text, 'is no prefix with its country code; for example +881 or +3706')
}

/** `name=value`, a whole number, or `name=standard`: null. */
export function readThreshold(text: string): readonly [name: string, value: number | null] {
  const [, name, value = ''] = /^([A-Za-z][A-Za-z0-9]{0,63})=(standard|\d{1,10})$/.exec(text) ?? []
  if (name === undefined || Number(value) > 1_000_000_000) {
    throw usage('--threshold', text, 'is no threshold; for example calls=10, or calls=standard')
  }
  return [name, value === 'standard' ? null : Number(value)]
}

/** `101=30d` in seconds, or `101=none`: null. */
export function readExemption(text: string): readonly [payer: string, seconds: number | null] {
  const end = text.lastIndexOf('=')
  const [payer, time] = [text.slice(0, Math.max(end, 0)), text.slice(end + 1)]
  if (payer === '') throw usage('--exempt', text, 'names nobody and no time; for example 101=30d, or 101=none')
  return [payer, time === 'none' ? null : readSpan('--exempt', time, LONGEST_TIME_SECONDS)]
}

/** Of decimal text, in whole millionths: sums and comparisons of money are exact. */
export function millionths(text: string): bigint {
  const [units = '', decimals = ''] = text.split('.')
  return BigInt(`${units}${decimals.slice(0, 6).padEnd(6, '0')}`)
}

/** What is above zero between them, as text. */
export function moneyBetween(before: string, after: string): string {
  const difference = millionths(after) - millionths(before)
  const digits = (difference > 0n ? difference : 0n).toString().padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6).replace(/0{1,4}$/, '')}`
}
