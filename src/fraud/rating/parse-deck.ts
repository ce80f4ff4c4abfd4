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

/** Takes a table row by row, as a file is read; nothing of it counts before `end`. */
export interface DeckReader {
  /** The first fault ends the reading: what comes after it is not looked at. */
  take(row: Row): DeckFault | undefined
  /** All of it or nothing. */
  end(): Result<readonly Rate[], DeckFault>
}

export function createDeckReader(): DeckReader {
  let columns: Columns | undefined
  let headerLine = 1
  let fault: DeckFault | undefined
  const rates: Rate[] = []
  const seen = new Set<string>()

  function read(row: Row): DeckFault | undefined {
    if (columns === undefined) {
      const header = columnsOf(row)
      if (!header.ok) return header.error
      columns = header.value
      headerLine = row.line
      return undefined
    }
    const rate = parseRate(row, columns)
    if (!rate.ok) return rate.error
    const { prefix, validFrom } = rate.value
    const key = validFrom === undefined ? prefix : `${prefix} ${validFrom}`
    if (seen.has(key)) return { line: row.line, column: 'prefix', message: `${prefix} stands twice with the same date` }
    if (rates.length >= MAXIMUM_RATES)
      return { line: row.line, column: undefined, message: `more than ${MAXIMUM_RATES} rates` }
    seen.add(key)
    rates.push(rate.value)
    return undefined
  }

  return {
    take(row) {
      fault ??= read(row)
      return fault
    },
    end() {
      if (fault !== undefined) return fail(fault)
      if (columns === undefined) return fail({ line: 1, column: undefined, message: 'the file is empty' })
      if (rates.length > 0) return ok(rates)
      return fail({ line: headerLine, column: undefined, message: 'there is no rate in it' })
    },
  }
}

export function parseDeck(rows: Iterable<Row>): Result<readonly Rate[], DeckFault> {
  const reader = createDeckReader()
  for (const row of rows) if (reader.take(row) !== undefined) break
  return reader.end()
}

/** Positions in a row; -1: not there. */
type Columns = Readonly<Record<Column, number>> & { readonly count: number }

function columnsOf({ line, fields }: Row): Result<Columns, DeckFault> {
  const names = fields.map(field => field.trim().toLowerCase())
  const missing = REQUIRED.find(name => !names.includes(name))
  if (missing !== undefined)
    return fail({ line, column: missing, message: `the header line names no column ${missing}` })
  const twice = KNOWN.find(name => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice !== undefined) return fail({ line, column: twice, message: `the header line names ${twice} twice` })
  const at = (name: Column): number => names.indexOf(name)
  return ok({
    count: names.length,
    prefix: at('prefix'),
    price_per_minute: at('price_per_minute'),
    name: at('name'),
    connection_fee: at('connection_fee'),
    minimum: at('minimum'),
    increment: at('increment'),
    valid_from: at('valid_from'),
  })
}

function parseRate(row: Row, columns: Columns): Result<Rate, DeckFault> {
  if (row.fields.length !== columns.count) {
    const message = `${row.fields.length} fields, the header line has ${columns.count}`
    return fail({ line: row.line, column: undefined, message })
  }
  const text = (column: Column): string => row.fields[columns[column]]?.trim() ?? ''
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
  const date = text('valid_from')
  const validFrom = date === '' ? undefined : Date.parse(date)
  if (Number.isNaN(validFrom)) return fault('valid_from', `"${date.slice(0, 30)}" is no date of ISO 8601`)
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
