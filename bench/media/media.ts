/**
 * What it costs to re-encrypt an SRTP packet and to set up a call's media, ours and rtpengine's in one run:
 * `node bench/media/media.ts [--rates 10000,40000] [--seconds 5] [--rounds 3] [--only ours|fallback|rtpengine] [--workers 1] [--threads] [--json]`
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { suiteNamed } from '../../src/media/srtp/index.ts'
import { cpuByThread, cpuOf } from '../support/cpu.ts'
import { type LoadResult, PACKETS_PER_CALL, type Plan, type PlannedSide } from './plan.ts'
import { type Relay, startOwnRelay } from './relays.ts'
import { startRtpengine } from './rtpengine.ts'

export interface MediaRow {
  readonly relay: string
  readonly rate: number
  /** Microseconds of CPU of the relay's process for each packet that it forwarded; medians of the rounds. */
  readonly perPacket: number
  readonly perPacketRounds: readonly number[]
  readonly lossPercent: number
  readonly delayMedian: number
  readonly delayP99: number
  readonly broken: number
  readonly generatorCost: number
}

export interface SetUpRow {
  readonly relay: string
  /** Milliseconds of CPU for one call's offer, answer and end. */
  readonly perCall: number
}

const WARM_UP_SECONDS = 8

function side(name: PlannedSide['suite'], phonePort: number): PlannedSide {
  return { suite: name, phoneKey: randomBytes(suiteNamed(name)!.keyAndSaltLength).toString('base64'), phonePort }
}

async function load(plan: Plan): Promise<LoadResult> {
  const child = fork(new URL('./load.ts', import.meta.url))
  child.send(plan)
  const [result] = (await once(child, 'message')) as [LoadResult]
  return result
}

export async function measurePackets(
  relay: Relay,
  rate: number,
  options: { readonly seconds: number; readonly threads?: boolean },
): Promise<MediaRow> {
  // Two suites, so that nobody can pass keys through.
  const [a, b] = [side('AES_CM_128_HMAC_SHA1_80', 16_000), side('AES_256_CM_HMAC_SHA1_80', 16_002)]
  const calls = await relay.open(Math.round(rate / PACKETS_PER_CALL), a, b)
  const before = cpuByThread(relay.pid)
  const result = await load({ a, b, calls, seconds: options.seconds })
  const after = cpuByThread(relay.pid)
  await relay.close()
  let nanoseconds = 0
  for (const [thread, spent] of after) {
    const used = spent - (before.get(thread) ?? 0)
    nanoseconds += used
    if (options.threads === true && used > 1e6) console.log(`${thread} ${(used / 1e6).toFixed(1)} ms`)
  }
  const perPacket = nanoseconds / 1000 / Math.max(1, result.received)
  return {
    relay: relay.name,
    rate: Math.round(result.sent / options.seconds),
    perPacket,
    perPacketRounds: [perPacket],
    lossPercent: (100 * (result.sent - result.received)) / result.sent,
    delayMedian: result.delay.median,
    delayP99: result.delay.p99,
    broken: result.broken + (result.verified === 0 ? 1 : 0),
    generatorCost: result.generatorCost,
  }
}

export async function measureSetUp(relay: Relay, calls: number): Promise<SetUpRow> {
  const [a, b] = [side('AES_CM_128_HMAC_SHA1_80', 16_000), side('AES_256_CM_HMAC_SHA1_80', 16_002)]
  await relay.open(calls, a, b)
  await relay.close()
  await new Promise(resolve => setTimeout(resolve, 1500))
  const before = cpuOf(relay.pid)
  await relay.open(calls, a, b)
  await relay.close()
  return { relay: relay.name, perCall: (cpuOf(relay.pid) - before) / 1e6 / calls }
}

function median(values: readonly number[]): number {
  return [...values].sort((x, y) => x - y)[values.length >> 1] ?? Number.NaN
}

function combined(rows: readonly MediaRow[]): MediaRow {
  return {
    ...rows[0]!,
    perPacket: median(rows.map(row => row.perPacket)),
    perPacketRounds: rows.map(row => row.perPacket),
    lossPercent: Math.max(...rows.map(row => row.lossPercent)),
    delayMedian: median(rows.map(row => row.delayMedian)),
    delayP99: median(rows.map(row => row.delayP99)),
    broken: rows.reduce((sum, row) => sum + row.broken, 0),
  }
}

export async function measureMedia(options: {
  readonly rates: readonly number[]
  readonly seconds: number
  readonly rounds: number
  readonly relays: readonly (() => Promise<Relay>)[]
  /** Print what each thread used. */
  readonly threads?: boolean
}): Promise<{ readonly packets: MediaRow[]; readonly setUp: SetUpRow[] }> {
  const packets: MediaRow[] = []
  const setUp: SetUpRow[] = []
  for (const start of options.relays) {
    const relay = await start()
    try {
      // A server runs for months: what is measured is compiled code, not how long the compiler takes.
      await measurePackets(relay, 20_000, { seconds: WARM_UP_SECONDS })
      for (const rate of options.rates) {
        const rows: MediaRow[] = []
        for (let round = 0; round < options.rounds; round++) {
          rows.push(await measurePackets(relay, rate, options))
        }
        packets.push(combined(rows))
      }
      setUp.push(await measureSetUp(relay, 200))
    } finally {
      await relay.stop()
    }
  }
  return { packets, setUp }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rates: { type: 'string', default: '10000,40000' },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
      workers: { type: 'string', default: '1' },
      only: { type: 'string' },
      threads: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const workers = Number(values.workers)
  const relays: { readonly [name: string]: () => Promise<Relay> } = {
    ours: () => startOwnRelay({ workers, nativeCode: true }),
    fallback: () => startOwnRelay({ workers, nativeCode: false }),
    rtpengine: () => startRtpengine(),
  }
  const chosen = values.only === undefined ? Object.values(relays) : values.only.split(',').map(name => relays[name]!)
  const rates = values.rates.split(',').map(Number)
  const figures = await measureMedia({
    rates,
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    relays: chosen,
    threads: values.threads,
  })
  if (values.json) console.log(JSON.stringify(figures))
  else {
    console.table(
      figures.packets.map(row => ({
        relay: row.relay,
        'packets/s': row.rate,
        'us/packet': row.perPacket.toFixed(2),
        rounds: row.perPacketRounds.map(value => value.toFixed(1)).join(' '),
        'loss %': row.lossPercent.toFixed(3),
        'delay ms': `${row.delayMedian.toFixed(3)} p99 ${row.delayP99.toFixed(3)}`,
        broken: row.broken,
        'generator us': row.generatorCost.toFixed(2),
      })),
    )
    console.table(figures.setUp.map(row => ({ relay: row.relay, 'ms/call': row.perCall.toFixed(3) })))
  }
}
