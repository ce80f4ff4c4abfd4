/** A rate deck from a file that somebody chose: read here by the server's own reader, so that a fault is said before anything is sent. */
import { createCsvReader, type CsvRow } from '../../../../src/base/csv-stream.ts'
import { createDeckReader, type DeckFault } from '../../../../src/fraud/rating/parse-deck.ts'
import { formatMicros } from '../../../../src/fraud/rating/money.ts'
import type { Rate } from '../../../../src/fraud/rating/deck.ts'

export type ReadDeck = { readonly rates: readonly Rate[] } | { readonly fault: string }

/** As the command takes them. */
const MAXIMUM_BYTES = 256 * 1_048_576

export async function readDeck(file: Pick<Blob, 'size' | 'stream'>): Promise<ReadDeck> {
  if (file.size > MAXIMUM_BYTES) return { fault: 'The file is larger than 256 MiB: that is no rate deck.' }
  const table = createCsvReader()
  const deck = createDeckReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const take = (rows: readonly CsvRow[]): DeckFault | undefined => {
    for (const row of rows) {
      const fault = row.fields[0]?.startsWith('#') === true ? undefined : deck.take(row)
      if (fault !== undefined) return fault
    }
    return table.fault === undefined ? undefined : { ...table.fault, column: undefined }
  }
  try {
    const reader = file.stream().getReader()
    for (;;) {
      const { done, value } = await reader.read()
      const fault = done
        ? (take(table.push(decoder.decode())) ?? take(table.end()))
        : take(table.push(decoder.decode(value, { stream: true })))
      if (fault !== undefined) {
        await reader.cancel()
        return { fault: said(fault) }
      }
      if (done) break
    }
  } catch (error) {
    if (error instanceof TypeError) return { fault: 'The file is not UTF-8: save it as UTF-8.' }
    throw error
  }
  const end = deck.end()
  return end.ok ? { rates: end.value } : { fault: said(end.error) }
}

function said({ line, column, message }: DeckFault): string {
  return `Line ${line}${column === undefined ? '' : `, column ${column}`}: ${message}`
}

/** A minute, as text with a point. */
export function perMinute({ perMinute: amount }: Rate): string {
  return formatMicros(amount)
}

export function dearest(rates: readonly Rate[], count: number): readonly Rate[] {
  return [...rates].toSorted((a, b) => b.perMinute - a.perMinute).slice(0, count)
}
