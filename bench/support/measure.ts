/** Rounds of one load, both servers in turn, and what each operation cost the server. */
import { pause } from '../../test/support/places.ts'
import type { LoadReport } from '../load/report.ts'
import type { BenchServer } from '../servers/server.ts'
import { spentBetween, spentByName, treeCpu } from './cpu.ts'
import { type Spread, shown, shownSpread, spreadOf } from './statistics.ts'

export interface Round {
  readonly server: string
  /** Milliseconds of CPU for each operation, by process tree, and their sum. */
  readonly parts: Readonly<Record<string, number>>
  readonly cpuMs: number
  readonly report: LoadReport
  /** Milliseconds by thread's name. */
  readonly threads: readonly (readonly [string, number])[]
}

export type Load = (server: BenchServer) => Promise<LoadReport>

/** What is written a little later belongs to the round: events, records, bindings. */
const SETTLE_MS = 1500

export async function measureRound(server: BenchServer, load: Load): Promise<Round> {
  const looks = Object.entries(server.processes).map(([name, pid]) => ({ name, pid, before: treeCpu([pid]) }))
  const report = await load(server)
  await pause(SETTLE_MS)
  const parts: Record<string, number> = {}
  const threads: (readonly [string, number])[] = []
  for (const { name, pid, before } of looks) {
    const after = treeCpu([pid])
    parts[name] = spentBetween(before, after) / Math.max(1, report.done)
    threads.push(...spentByName(before, after))
  }
  const cpuMs = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return { server: server.name, parts, cpuMs, report, threads }
}

export interface Comparison {
  readonly work: string
  readonly rounds: readonly Round[]
}

/** Ours, the peer, ours, the peer …: what disturbs the machine disturbs both. */
export async function compare(
  work: string,
  servers: readonly BenchServer[],
  load: Load,
  rounds: number,
): Promise<Comparison> {
  const all: Round[] = []
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) {
      const measured = await measureRound(server, load)
      all.push(measured)
      console.log(`${work}: ${describe(measured)}`)
    }
  }
  return { work, rounds: all }
}

export function describe({ server, cpuMs, parts, report, threads }: Round): string {
  const { done, failed, retransmitted, median, p99, generatorMs, behindMs, failures } = report
  const split = Object.keys(parts).length > 1 ? ` (${Object.entries(parts).map(([k, v]) => `${k} ${shown(v)}`)})` : ''
  const used = threads.slice(0, 6).map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
  const why = failed === 0 ? '' : ` ${JSON.stringify(failures)}`
  return (
    `${server} ${shown(cpuMs)} ms${split}, ${done} done, ${failed} failed${why}, ${retransmitted} sent again, ` +
    `${shown(median)}/${shown(p99)} ms p50/p99, generator ${shown(generatorMs)} ms, behind ${shown(behindMs)} ms; ${used.join(', ')}`
  )
}

export interface Summary {
  readonly work: string
  /** At most so many times what the peer takes. */
  readonly aim: string
  readonly ours: Spread | undefined
  readonly peer: Spread | undefined
  /** Ours to the peer's of the same round. */
  readonly ratio: Spread | undefined
  readonly failed: number
  readonly retransmitted: string
  readonly generatorMs: number
}

export function summarise({ work, rounds }: Comparison, aim: string): Summary {
  const of = (own: boolean): Round[] => rounds.filter(({ server }) => (server === 'ringfence') === own)
  const [ours, peer] = [of(true), of(false)]
  const pairs = ours.slice(0, peer.length)
  const again = (all: readonly Round[]): number => all.reduce((sum, { report }) => sum + report.retransmitted, 0)
  const spread = (all: readonly Round[]): Spread | undefined =>
    all.length === 0 ? undefined : spreadOf(all.map(round => round.cpuMs))
  return {
    work,
    aim,
    ours: spread(ours),
    peer: spread(peer),
    ratio: pairs.length === 0 ? undefined : spreadOf(pairs.map((round, i) => round.cpuMs / peer[i]!.cpuMs)),
    failed: rounds.reduce((sum, { report }) => sum + report.failed, 0),
    retransmitted: `${again(ours)} / ${again(peer)}`,
    generatorMs: spreadOf(rounds.map(({ report }) => report.generatorMs)).median,
  }
}

export const SUMMARY_HEADS = [
  'work',
  'ours, ms',
  'peer, ms',
  'ratio',
  'aim',
  'failed',
  'sent again, ours / peer',
  'generator, ms',
]

export function summaryRow(summary: Summary): readonly string[] {
  const { work, aim, ours, peer, ratio, failed, retransmitted, generatorMs } = summary
  const spread = (value: Spread | undefined): string => (value === undefined ? '-' : shownSpread(value))
  return [work, spread(ours), spread(peer), spread(ratio), aim, String(failed), retransmitted, shown(generatorMs)]
}

/** The highest of ascending rates at which nothing failed, nothing was sent again, and 99 of 100 were answered within T1. */
export async function highestRate(
  server: BenchServer,
  rates: readonly number[],
  load: (server: BenchServer, rate: number) => Promise<LoadReport>,
): Promise<number> {
  let highest = 0
  for (const rate of rates) {
    const { failed, retransmitted, p99, behindMs } = await load(server, rate)
    const clean = failed === 0 && retransmitted === 0 && p99 < 500 && behindMs < 500
    console.log(
      `${server.name} at ${rate}/s: ${clean ? 'clean' : 'not clean'} (p99 ${shown(p99)} ms, ${failed} failed)`,
    )
    await pause(SETTLE_MS)
    if (!clean) break
    highest = rate
  }
  return highest
}
