/** Reads a rate deck: `prefix,name,price_per_minute,connection_fee,minimum,increment,valid_from`, in any order, with a header line. */
import type { Result } from '../../base/result.ts'
import { fail, ok } from '../../base/result.ts'
import type { Rate } from './deck.ts'
import { type Micros, parseMicros, ZERO } from './money.ts'

export interface DeckFault {
  readonly line: number
  /** Name of the column; undefined: the line as a whole. */
  readonly column: string | undefined
  readonly message: string
}

/** One line of a table, as `base/csv` gives it. */
export interface Row {
  readonly line: number
  readonly fields: readonly string[]
}

export const MAXIMUM_RATES = 1_000_000
const MAXIMUM_NAME = 128
const MAXIMUM_SECONDS = 3_600
const REQUIRED = ['prefix', 'price_per_minute'] as const
const KNOWN = [...REQUIRED, 'name', 'connection_fee', 'minimum', 'increment', 'valid_from'] as const
type Column = (typeof KNOWN)[number]

/** All of it or nothing: the first fault ends the reading. */
export function parseDeck(rows: readonly Row[]): Result<readonly Rate[], DeckFault> {
  const [header, ...lines] = rows
  if (header === undefined) return fail({ line: 1, column: undefined, message: 'the file is empty' })
  const names = header.fields.map(field => field.trim().toLowerCase())
  const missing = REQUIRED.find(name => !names.includes(name))
  if (missing !== undefined) {
    return fail({ line: header.line, column: missing, message: `the header line names no column ${missing}` })
  }
  if (lines.length > MAXIMUM_RATES) {
    return fail({ line: header.line, column: undefined, message: `more than ${MAXIMUM_RATES} rates` })
  }
  const rates: Rate[] = []
  const seen = new Set<string>()
  for (const row of lines) {
    const rate = parseRate(row, names)
    if (!rate.ok) return rate
    const key = `${rate.value.prefix} ${rate.value.validFrom ?? ''}`
    if (seen.has(key)) {
      return fail({ line: row.line, column: 'prefix', message: `${rate.value.prefix} stands twice with the same date` })
    }
    seen.add(key)
    rates.push(rate.value)
  }
  if (rates.length === 0) return fail({ line: header.line, column: undefined, message: 'there is no rate in it' })
  return ok(rates)
}

function parseRate(row: Row, names: readonly string[]): Result<Rate, DeckFault> {
  if (row.fields.length !== names.length) {
    const message = `${row.fields.length} fields, the header line has ${names.length}`
    return fail({ line: row.line, column: undefined, message })
  }
  const text = (column: Column): string => row.fields[names.indexOf(column)]?.trim() ?? ''
  const fault = (column: Column, message: string): Result<never, DeckFault> => fail({ line: row.line, column, message })
  const prefix = text('prefix').replace(/^\+/, '')
  if (!/^[1-9]\d{0,14}$/.test(prefix))
    return fault('prefix', `"${prefix.slice(0, 20)}" is no prefix of E.164, such as 4930`)
  const perMinute = parseMicros(text('price_per_minute'))
  if (!perMinute.ok) return fault('price_per_minute', perMinute.error)
  const fee = moneyOr(text('connection_fee'))
  if (!fee.ok) return fault('connection_fee', fee.error)
  const minimum = secondsOr(text('minimum'), 0)
  if (minimum === undefined) return fault('minimum', `seconds from 0 to ${MAXIMUM_SECONDS}`)
  const increment = secondsOr(text('increment'), 60)
  if (increment === undefined || increment === 0) return fault('increment', `seconds from 1 to ${MAXIMUM_SECONDS}`)
  const validFrom = text('valid_from') === '' ? undefined : Date.parse(text('valid_from'))
  if (Number.isNaN(validFrom)) return fault('valid_from', `"${text('valid_from').slice(0, 30)}" is no date of ISO 8601`)
  const name = text('name').slice(0, MAXIMUM_NAME)
  return ok({
    prefix,
    name,
    perMinute: perMinute.value,
    connectionFee: fee.value,
    minimumSeconds: minimum,
    incrementSeconds: increment,
    validFrom,
  })
}

function moneyOr(text: string): Result<Micros, string> {
  return text === '' ? ok(ZERO) : parseMicros(text)
}

function secondsOr(text: string, absent: number): number | undefined {
  if (text === '') return absent
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return seconds <= MAXIMUM_SECONDS ? seconds : undefined
}
