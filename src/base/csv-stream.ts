/** Comma-separated values (RFC 4180) as they come, in parts of any size: nothing but the row under way is kept. */

export interface CsvRow {
  /** Of its first character, from 1. */
  readonly line: number
  readonly fields: readonly string[]
}

export interface CsvFault {
  readonly line: number
  readonly message: string
}

export interface CsvReader {
  /** Rows that are whole now; empty lines are left out. */
  push(part: string): readonly CsvRow[]
  /** The last row, where no line end closes it. */
  end(): readonly CsvRow[]
  /** What is wrong with the text; nothing more is read then. */
  readonly fault: CsvFault | undefined
}

/** A row that is longer is no row of a table. */
export const MAXIMUM_ROW_LENGTH = 1_048_576
const MAXIMUM_FIELDS = 1_000

export function createCsvReader(): CsvReader {
  let rest = ''
  let line = 1
  let started = false
  let fault: CsvFault | undefined

  /** Position after the row that begins at `start`, or -1 while its end has not come. */
  function endOfRow(text: string, start: number, isLast: boolean): number {
    let position = start
    for (;;) {
      const quote = text.indexOf('"', position)
      const newline = text.indexOf('\n', position)
      if (newline < 0 && (quote < 0 || !isQuoted(text, start, quote))) return isLast ? text.length : -1
      if (quote < 0 || (newline >= 0 && newline < quote)) return newline + 1
      if (!isQuoted(text, start, quote)) {
        position = quote + 1
        continue
      }
      const closed = closingQuote(text, quote + 1)
      if (closed < 0) return isLast ? -2 : -1
      position = closed + 1
    }
  }

  function take(isLast: boolean): CsvRow[] {
    const rows: CsvRow[] = []
    let position = 0
    while (position < rest.length && fault === undefined) {
      const end = endOfRow(rest, position, isLast)
      if (end === -2) fault = { line, message: 'a quote is opened and never closed' }
      if (end < 0) break
      const text = rest.slice(position, end)
      const fields = fieldsOf(text)
      if (fields.length > MAXIMUM_FIELDS) fault = { line, message: `more than ${MAXIMUM_FIELDS} fields` }
      else if (fields.length > 1 || fields[0]!.trim() !== '') rows.push({ line, fields })
      line += breaksIn(text)
      position = end
    }
    rest = rest.slice(position)
    if (rest.length > MAXIMUM_ROW_LENGTH)
      fault ??= { line, message: `a row of more than ${MAXIMUM_ROW_LENGTH} characters` }
    return rows
  }

  return {
    push(part) {
      if (fault !== undefined) return []
      rest += started ? part : part.replace(/^\ufeff/, '')
      started ||= part.length > 0
      return take(false)
    },
    end: () => (fault === undefined ? take(true) : []),
    get fault() {
      return fault
    },
  }
}

/** A quote opens a field only where the field begins. */
function isQuoted(text: string, start: number, quote: number): boolean {
  return quote === start || text[quote - 1] === ','
}

function closingQuote(text: string, start: number): number {
  for (let position = start; ; position += 2) {
    position = text.indexOf('"', position)
    if (position < 0) return -1
    if (text[position + 1] !== '"') return position
  }
}

function breaksIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function fieldsOf(row: string): string[] {
  const text = row.endsWith('\r\n') ? row.slice(0, -2) : row.endsWith('\n') ? row.slice(0, -1) : row
  if (!text.includes('"')) return text.split(',')
  const fields: string[] = []
  let position = 0
  while (position <= text.length) {
    if (text[position] === '"') {
      const closed = closingQuote(text, position + 1)
      const end = closed < 0 ? text.length : closed
      fields.push(text.slice(position + 1, end).replaceAll('""', '"'))
      const comma = text.indexOf(',', end)
      position = comma < 0 ? text.length + 1 : comma + 1
    } else {
      const comma = text.indexOf(',', position)
      fields.push(text.slice(position, comma < 0 ? text.length : comma))
      position = comma < 0 ? text.length + 1 : comma + 1
    }
  }
  return fields
}
