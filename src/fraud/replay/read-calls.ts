/** A table of calls as a stream: recognised by its header, in order of start, and never more than a window of it in memory. */
import { createCsvReader, type CsvRow } from '../../base/csv-stream.ts'
import { fail, type Result } from '../../base/result.ts'
import { asteriskFormat, CDR_CSV, localTimesOf, looksLikeCdrCsv } from './asterisk.ts'
import { Heap } from './heap.ts'
import { type Format, ourFormat, type RecordedCall, type RowFault } from './recorded-call.ts'

export interface NumberedCall extends RecordedCall {
  /** Its place in the file, from 0. */
  readonly index: number
}

/** What is wrong with the file: nothing behind it is read. */
export class RecordingError extends Error {
  readonly line: number
  readonly column: string | undefined
  constructor(line: number, { column, message }: RowFault) {
    super(`line ${line}${column === undefined ? '' : `, column ${column}`}: ${message}`)
    this.line = line
    this.column = column
  }
}

/** Calls that are looked at together to bring them into order: tables are written at the end of calls as often as at their start. */
const WINDOW = 20_000

/** Throws RecordingError. `timeZone`: of local times, where a table has them. */
export async function* readCalls(
  parts: AsyncIterable<Uint8Array | string>,
  timeZone: string,
): AsyncGenerator<NumberedCall> {
  const heap = new Heap<NumberedCall>((a, b) => a.start - b.start || a.index - b.index)
  let index = 0
  for await (const call of unordered(parts, timeZone)) {
    heap.push({ ...call, index: index++ })
    if (heap.size > WINDOW) yield heap.pop()!
  }
  while (heap.size > 0) yield heap.pop()!
}

async function* unordered(parts: AsyncIterable<Uint8Array | string>, timeZone: string): AsyncGenerator<RecordedCall> {
  const reader = createCsvReader()
  const decoder = new TextDecoder()
  let format: Format | undefined
  const take = (rows: readonly CsvRow[]): RecordedCall[] => {
    const calls: RecordedCall[] = []
    for (const row of rows) {
      if (format === undefined) {
        const known = formatOf(row, timeZone)
        if (!known.ok) throw new RecordingError(row.line, known.error)
        format = known.value
        if (!format.headless) continue
      }
      const call = format.read(row.fields)
      if (!call.ok) throw new RecordingError(row.line, call.error)
      if (call.value !== undefined) calls.push(call.value)
    }
    return calls
  }
  for await (const part of parts) {
    yield* take(reader.push(typeof part === 'string' ? part : decoder.decode(part, { stream: true })))
    if (reader.fault !== undefined) break
  }
  yield* take(reader.end())
  if (reader.fault !== undefined) throw new RecordingError(reader.fault.line, { column: undefined, ...reader.fault })
  if (format === undefined) throw new RecordingError(1, { column: undefined, message: 'the file is empty' })
}

function formatOf({ fields }: CsvRow, timeZone: string): Result<Format, RowFault> {
  const names = fields.map(field => field.trim().toLowerCase())
  if (looksLikeCdrCsv(fields)) return asteriskFormat(CDR_CSV, true, localTimesOf(timeZone))
  if (names.includes('disposition') && names.includes('billsec'))
    return asteriskFormat(names, false, localTimesOf(timeZone))
  if (names.some(name => name === 'extension' || name === 'destination' || name === 'duration_s'))
    return ourFormat(names)
  return fail({
    column: undefined,
    message: `"${fields.join(',').slice(0, 80)}" is no header line of recorded calls, of Asterisk's or of FreePBX' call detail records`,
  })
}
