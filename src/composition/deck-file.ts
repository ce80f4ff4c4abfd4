/** A rate deck in a file, read as a whole; a fault names the file, the line and the column. */
import { readFile, stat } from 'node:fs/promises'
import type { RateInput } from '../api/fraud-operations.ts'
import { parseCsv } from '../base/csv.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Rate } from '../fraud/rating/deck.ts'
import { type DeckFault, parseDeck } from '../fraud/rating/parse-deck.ts'

/** A million rates of 250 bytes. */
const MAXIMUM_BYTES = 256 * 1_048_576

/** As commands hand it to the server. */
export async function readDeckFile(file: string): Promise<Result<readonly RateInput[], string>> {
  const rates = await readDeckRates(file)
  return rates.ok ? ok(rates.value.map(inputOf)) : rates
}

export async function readDeckRates(file: string): Promise<Result<readonly Rate[], string>> {
  const text = await readText(file)
  if (!text.ok) return text
  const rows = parseCsv(text.value)
  if (rows === undefined) return fail(`${file}: a quote is opened and never closed`)
  const rates = parseDeck(rows)
  return rates.ok ? rates : fail(describeFault(file, rates.error))
}

function describeFault(file: string, { line, column, message }: DeckFault): string {
  return `${file}, line ${line}${column === undefined ? '' : `, column ${column}`}: ${message}`
}

async function readText(file: string): Promise<Result<string, string>> {
  let bytes: Buffer
  try {
    if ((await stat(file)).size > MAXIMUM_BYTES) return fail(`${file} is larger than 256 MiB: that is no rate deck`)
    bytes = await readFile(file)
  } catch (error) {
    return fail(`${file} cannot be read: ${(error as Error).message}`)
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return fail(`${file}, line ${lineOfFault(bytes)}: is not UTF-8; save it as UTF-8`)
  }
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
