/**
 * The complete product with two exports, while phones register and call as fast as asked: how many events a second it keeps and sends,
 * how late they come, and what a call's set-up pays for it. `npm run bench:export-calls [-- --rate 250 --seconds 10 --rounds 3]`
 */
import type { NewExport } from '../src/api/export-operations.ts'
import type { Operations } from '../src/api/operations.ts'
import { createAuthority, issueServerCertificate } from '../src/keys/certificate-authority.ts'
import { freePort, pause } from '../test/support/places.ts'
import { accepted } from '../test/support/ringfence.ts'
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type LogReceivers, startLogReceivers } from './servers/log-receivers.ts'
import { startOurs } from './servers/ringfence.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const CALLS_PER_SECOND = options.rate ?? 250
const REGISTRATIONS_PER_SECOND = options.smoke ? 20 : 1_000
const [RING_MS, TALK_MS] = [20, 200]
const DRAIN_MS = 30_000

const users = benchUsers(options.users)
const authority = await createAuthority('bench', Date.now())
const receivers = await startLogReceivers(await issueServerCertificate(authority, ['127.0.0.1'], Date.now()))
const caPem = authority.certificatePem
const SYSLOG: NewExport = {
  name: 'syslog',
  kind: 'syslog',
  to: `127.0.0.1:${receivers.syslogPort}`,
  form: 'cef',
  caPem,
}
const BULK: NewExport = { name: 'bulk', kind: 'elastic', to: `https://127.0.0.1:${receivers.bulkPort}`, caPem }
const DEAD: NewExport = { name: 'dead', kind: 'syslog', to: `127.0.0.1:${await freePort()}`, caPem }
const WORKS = [
  { what: 'no export', exports: [] },
  { what: 'syslog and bulk', exports: [SYSLOG, BULK] },
  { what: 'and a dead one', exports: [SYSLOG, BULK, DEAD] },
] as const

interface Round {
  readonly eventsPerSecond: number
  readonly calls: LoadReport
  readonly registrations: LoadReport
  readonly syslog: readonly number[]
  readonly bulk: readonly number[]
}

const rounds = new Map<string, Round[]>(WORKS.map(({ what }) => [what, []]))
const server = await startOurs({ users })
try {
  const operations = await server.operations()
  if (options.warmUp > 0) await load(server, options.warmUp)
  for (let index = 0; index < options.rounds; index++) {
    for (const { what, exports } of WORKS) rounds.get(what)?.push(await measure(operations, exports))
  }
} finally {
  await server.stop()
  await receivers.stop()
}

const heads = ['what', 'events/s', 'calls set up in, ms', 'of 99 in 100, ms', 'to syslog, ms', 'to bulk, ms', 'failed']
const rows = WORKS.map(({ what }) => {
  const all = rounds.get(what) ?? []
  const late = (of: (round: Round) => readonly number[]): string => {
    const times = all.flatMap(of).toSorted((x, y) => x - y)
    const at = (part: number): string => shown(times[Math.min(times.length - 1, Math.floor(times.length * part))]!)
    return times.length === 0 ? '-' : [0.5, 0.99, 1].map(at).join(' / ')
  }
  const spread = (of: (round: Round) => number): string => shownSpread(spreadOf(all.map(of)))
  const failed = all.reduce((sum, { calls, registrations }) => sum + calls.failed + registrations.failed, 0)
  return [
    what,
    spread(round => round.eventsPerSecond),
    spread(round => round.calls.median),
    spread(round => round.calls.p99),
    late(round => round.syslog),
    late(round => round.bulk),
    String(failed),
  ]
})
const figures = [...rounds].map(([what, all]) => ({
  what,
  rounds: all.map(({ syslog, bulk, ...round }) => ({
    ...round,
    received: { syslog: syslog.length, bulk: bulk.length },
  })),
}))
publish('export-calls', options, table(heads, rows), figures)

async function load(to: BenchServer, seconds: number): Promise<readonly [LoadReport, LoadReport]> {
  const target = { domain: to.domain, caPem: to.caPem, tlsPort: to.tlsPort, udpPort: to.udpPort }
  const calls = { target, users, rate: CALLS_PER_SECOND, count: Math.ceil(CALLS_PER_SECOND * seconds) }
  const count = Math.ceil(REGISTRATIONS_PER_SECOND * seconds)
  return Promise.all([
    runGenerator('./calls.ts', { ...calls, ringMs: RING_MS, talkMs: TALK_MS }),
    runGenerator('./registrations.ts', { target, users, transport: 'tls', rate: REGISTRATIONS_PER_SECOND, count }),
  ])
}

async function kept(operations: Operations): Promise<number> {
  return accepted(await operations.eventsStatistics()).lastPosition
}

async function measure(operations: Operations, exports: readonly NewExport[]): Promise<Round> {
  for (const each of exports) accepted(await operations.exportAdd(each))
  await receivers.take()
  const before = await kept(operations)
  const [calls, registrations] = await load(server, options.seconds)
  const after = await kept(operations)
  const seconds = Math.max(calls.wallSeconds, registrations.wallSeconds)
  const arrived = exports.length === 0 ? { syslog: [], bulk: [] } : await drained(receivers, after - before)
  for (const { name } of exports) accepted(await operations.exportRemove({ name }))
  return { eventsPerSecond: (after - before) / seconds, calls, registrations, ...arrived }
}

/** Throws where not all that was kept arrives. */
async function drained(from: LogReceivers, wanted: number) {
  const syslog: number[] = []
  const bulk: number[] = []
  for (const until = performance.now() + DRAIN_MS; performance.now() < until; await pause(200)) {
    const more = await from.take()
    syslog.push(...more.syslog)
    bulk.push(...more.bulk)
    if (syslog.length >= wanted && bulk.length >= wanted) return { syslog, bulk }
  }
  throw new Error(`${wanted} events were kept; ${syslog.length} came by syslog, ${bulk.length} by bulk`)
}
