/**
 * What a datagram costs that is dropped, ours and Kamailio's (pike and a table of bans) in turn: of a source that is banned, of many
 * sources that nobody knows, and junk; then calls of authenticated phones over TLS while it rains, and without:
 * `npm run bench:flood [-- --rounds 3 --seconds 5 --rate 20000 --only ours --work banned]`
 */
import type { CallOrders } from './load/calls.ts'
import type { FloodOrders } from './load/flood.ts'
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { compare, SUMMARY_HEADS, type Summary, summarise, summaryRow } from './support/measure.ts'
import { shown, table } from './support/statistics.ts'

const options = readOptions()
const users = benchUsers(options.users)
const BANNED = '127.0.0.66'
/** Outside the network that our plain listener names, and each below every rate. */
const STRANGERS = Array.from({ length: 200 }, (_, i) => `127.7.0.${i + 1}`)
const AIM = '0.5'
const RATES = options.smoke ? [500] : options.rate === undefined ? [20_000, 50_000] : [options.rate]

const WORKS = [
  { name: 'datagram of a banned source', addresses: [BANNED], kind: 'scanner' },
  { name: 'datagram of a stranger', addresses: STRANGERS, kind: 'scanner' },
  { name: 'junk of a stranger', addresses: STRANGERS, kind: 'junk' },
] as const satisfies readonly { name: string; addresses: readonly string[]; kind: FloodOrders['kind'] }[]

type Work = (typeof WORKS)[number]

function rain({ udpPort }: BenchServer, { addresses, kind }: Work, rate: number, seconds: number): Promise<LoadReport> {
  const orders: FloodOrders = { port: udpPort, addresses, kind, rate, seconds }
  return runGenerator('./flood.ts', orders)
}

const CALLS_A_SECOND = options.smoke ? 5 : 50
const [RING_MS, TALK_MS] = [20, 200]

function call({ domain, caPem, tlsPort, udpPort }: BenchServer, seconds: number): Promise<LoadReport> {
  const target = { domain, caPem, tlsPort, udpPort }
  const count = Math.ceil(CALLS_A_SECOND * seconds)
  const orders: CallOrders = { target, users, rate: CALLS_A_SECOND, count, ringMs: RING_MS, talkMs: TALK_MS }
  return runGenerator('./calls.ts', orders)
}

const CALL_HEADS = [
  'calls while it rains',
  'server',
  'done',
  'failed',
  'p50, ms',
  'p99, ms',
  'datagrams/s sent',
] as const

/** Sum of what was done and failed; the medians of the rounds. */
function callRow(name: string, server: string, reports: readonly LoadReport[], rains: readonly LoadReport[]): string[] {
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
  const sum = (pick: (report: LoadReport) => number): number => reports.reduce((all, each) => all + pick(each), 0)
  const perSecond = middle(rains.map(({ done, wallSeconds }) => done / wallSeconds))
  return [
    name,
    server,
    String(sum(({ done }) => done)),
    String(sum(({ failed }) => failed)),
    shown(middle(reports.map(({ median }) => median))),
    shown(middle(reports.map(({ p99 }) => p99))),
    rains.length === 0 ? '-' : perSecond.toFixed(0),
  ]
}

await withServers(
  options,
  async servers => {
    const summaries: Summary[] = []
    const works = WORKS.filter(({ name }) => name.includes(options.work))
    for (const server of servers) {
      if (options.warmUp > 0) for (const work of WORKS) await rain(server, work, RATES[0]!, options.warmUp / 2)
    }
    for (const work of works) {
      for (const rate of RATES) {
        const run = await compare(
          `${work.name}, ${rate}/s`,
          servers,
          server => rain(server, work, rate, options.seconds),
          options.rounds,
        )
        summaries.push(summarise(run, AIM))
      }
    }
    const rows: string[][] = []
    for (const server of servers) {
      await call(server, options.smoke ? 1 : 4)
      const quiet: LoadReport[] = []
      const wet = new Map<Work, { calls: LoadReport[]; rains: LoadReport[] }>(
        works.map(work => [work, { calls: [], rains: [] }]),
      )
      for (let round = 0; round < options.rounds; round++) {
        quiet.push(await call(server, options.seconds))
        for (const [work, { calls, rains }] of wet) {
          const raining = rain(server, work, RATES.at(-1)!, options.seconds + 2)
          calls.push(await call(server, options.seconds))
          rains.push(await raining)
        }
      }
      rows.push(callRow('quiet', server.name, quiet, []))
      for (const [work, { calls, rains }] of wet) rows.push(callRow(work.name, server.name, calls, rains))
    }
    const text = `${table(SUMMARY_HEADS, summaries.map(summaryRow))}\n\n${table(CALL_HEADS, rows)}`
    publish('flood', options, text, { summaries, rows })
  },
  { outsiders: true },
)
