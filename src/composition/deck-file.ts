/** A rate deck in a file, read as a stream; a fault names the file, the line and the column. */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { RateInput } from '../api/fraud-operations.ts'
import { createCsvReader, type CsvRow } from '../base/csv-stream.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Rate } from '../fraud/rating/deck.ts'
import { createDeckReader, type DeckFault } from '../fraud/rating/parse-deck.ts'

/** A million rates of 250 bytes. */
const MAXIMUM_BYTES = 256 * 1_048_576

/** As commands hand it to the server. */
export async function readDeckFile(file: string): Promise<Result<readonly RateInput[], string>> {
  const rates = await readDeckRates(file)
  return rates.ok ? ok(rates.value.map(inputOf)) : rates
}

export async function readDeckRates(file: string): Promise<Result<readonly Rate[], string>> {
  try {
    if ((await stat(file)).size > MAXIMUM_BYTES) return fail(`${file} is larger than 256 MiB: that is no rate deck`)
    const rates = await readStream(file)
    return rates.ok ? rates : fail(describeFault(file, rates.error))
  } catch (error) {
    if (isNoText(error))
      return fail(`${file}, line ${lineOfFault(await readFile(file))}: is not UTF-8; save it as UTF-8`)
    return fail(`${file} cannot be read: ${(error as Error).message}`)
  }
}

/** The rows of one part are gone when the next one is read; throws where the file cannot be read or is no UTF-8. */
async function readStream(file: string): Promise<Result<readonly Rate[], DeckFault>> {
  const table = createCsvReader()
  const deck = createDeckReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const take = (rows: readonly CsvRow[]): DeckFault | undefined => {
    for (const row of rows) {
      const fault = isRemark(row) ? undefined : deck.take(row)
      if (fault !== undefined) return fault
    }
    return table.fault === undefined ? undefined : { ...table.fault, column: undefined }
  }
  for await (const part of createReadStream(file)) {
    const fault = take(table.push(decoder.decode(part as Buffer, { stream: true })))
    if (fault !== undefined) return fail(fault)
  }
  const fault = take(table.push(decoder.decode())) ?? take(table.end())
  return fault === undefined ? deck.end() : fail(fault)
}

function isRemark({ fields }: CsvRow): boolean {
  return fields[0]?.startsWith('#') === true
}

function isNoText(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
}

function describeFault(file: string, { line, column, message }: DeckFault): string {
  return `${file}, line ${line}${column === undefined ? '' : `, column ${column}`}: ${message}`
}

/** Lines are decoded one after another until one cannot be. */
function lineOfFault(bytes: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start)
    const stop = end < 0 ? bytes.length : end
    try {
      decoder.decode(bytes.subarray(start, stop))
    } catch {
      return line
    }
    start = stop + 1
  }
  return line
}

function inputOf({ validFrom, ...rate }: Rate): RateInput {
  return { ...rate, validFrom: validFrom ?? null }
}
