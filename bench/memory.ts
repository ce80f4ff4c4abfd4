/**
 * What a registered phone on a TLS connection of its own takes in the server's memory: `npm run bench:memory [-- --users 5000]`.
 * Buffers of sockets in the kernel are not in it.
 */
import { pause } from '../test/support/places.ts'
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { treeMemory } from './support/memory.ts'
import { shown, table } from './support/statistics.ts'

const PHONES = 5000
/** What was only needed on the way is given back by then. */
const REST_MS = 20_000

const options = readOptions(PHONES)
const phones = options.users
const users = benchUsers(phones).slice(0, -1)
const rest = options.smoke ? 500 : REST_MS

interface Figures {
  readonly server: string
  readonly before: number
  readonly after: number
  readonly perPhone: number
  readonly report: LoadReport
}

async function measure(server: BenchServer): Promise<Figures> {
  const { domain, caPem, tlsPort, udpPort } = server
  const target = { domain, caPem, tlsPort, udpPort }
  const pids = Object.values(server.processes)
  // Code that runs the first time allocates, too.
  await runGenerator('./handshakes.ts', { target, users, rate: 100, count: Math.min(200, phones) })
  await pause(rest)
  const before = treeMemory(pids)
  let after = Number.NaN
  const orders = { target, users, rate: 150, count: phones, holdMs: rest + 4000 }
  const report = await runGenerator<LoadReport>('./handshakes.ts', orders, () => {
    setTimeout(() => {
      after = treeMemory(pids)
    }, rest)
  })
  return { server: server.name, before, after, perPhone: (after - before) / Math.max(1, report.done), report }
}

const all: Figures[] = []
for (const own of [true, false]) {
  if (!(own ? options.ours : options.peer)) continue
  await withServers({ ...options, ours: own, peer: !own }, async ([server]) => {
    all.push(await measure(server!))
  })
}
for (const { server, report } of all) if (report.failed > 0) console.log(server, report.failures)
const rows = all.map(({ server, before, after, perPhone, report }) => [
  server,
  String(report.done),
  `${shown(before / 1e6)} MB`,
  `${shown(after / 1e6)} MB`,
  `**${shown(perPhone / 1000)} kB**`,
  String(report.failed),
])
const heads = ['server', 'phones', 'before', 'with them', 'each', 'failed']
publish('memory', options, `${table(heads, rows)}\n\nAim: under 60 kB each.`, all)
