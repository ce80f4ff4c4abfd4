/** A rate deck as one compressed document: a million rates are some megabytes, and are never one text in memory. */
import { Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import type { Rate } from '../../fraud/rating/deck.ts'
import type { Micros } from '../../fraud/rating/money.ts'
import { StoreError } from '../errors.ts'

export const MAXIMUM_RATES = 1_000_000
/** Rates in one line. */
const LINE = 1_000
const VERSION = 1

type Row = readonly [string, string, number, number, number, number, number | null]

export async function packRates(rates: readonly Rate[]): Promise<Buffer> {
  if (rates.length > MAXIMUM_RATES) {
    throw new StoreError('STORE_WRITE_REFUSED', `a deck has at most ${MAXIMUM_RATES} rates, not ${rates.length}`)
  }
  const packed: Buffer[] = []
  for await (const part of Readable.from(linesOf(rates)).pipe(createGzip())) packed.push(part as Buffer)
  return Buffer.concat(packed)
}

export async function unpackRates(packed: Uint8Array): Promise<readonly Rate[]> {
  const rates: Rate[] = []
  let version: number | undefined
  for await (const line of splitLines(Readable.from([packed]).pipe(createGunzip()))) {
    if (version === undefined) version = Number(line)
    else for (const row of JSON.parse(line) as readonly Row[]) rates.push(rateOf(row))
  }
  if (version !== VERSION) throw new StoreError('STORE_SCHEMA_MISMATCH', `a rate deck of version ${version}`)
  return rates
}

function* linesOf(rates: readonly Rate[]): Generator<string> {
  yield `${VERSION}\n`
  for (let start = 0; start < rates.length; start += LINE) {
    yield `${JSON.stringify(rates.slice(start, start + LINE).map(rowOf))}\n`
  }
}

async function* splitLines(parts: AsyncIterable<unknown>): AsyncGenerator<string> {
  let begun: Buffer[] = []
  for await (const part of parts) {
    let rest = part as Buffer
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      yield Buffer.concat([...begun, rest.subarray(0, end)]).toString('utf8')
      begun = []
      rest = rest.subarray(end + 1)
    }
    begun.push(rest)
  }
}

function rowOf(rate: Rate): Row {
  const { prefix, name, perMinute, connectionFee, minimumSeconds, incrementSeconds, validFrom } = rate
  return [prefix, name, perMinute, connectionFee, minimumSeconds, incrementSeconds, validFrom ?? null]
}

function rateOf([prefix, name, perMinute, fee, minimumSeconds, incrementSeconds, validFrom]: Row): Rate {
  return {
    prefix,
    name,
    perMinute: perMinute as Micros,
    connectionFee: fee as Micros,
    minimumSeconds,
    incrementSeconds,
    validFrom: validFrom ?? undefined,
  }
}
