/**
 * What a REGISTER with digest (request, challenge, request, answer) costs, over UDP and over one kept TLS connection, ours and
 * Kamailio's in turn: `npm run bench:register [-- --work udp --rounds 3 --seconds 5 --only ours --sweep --profile DIR]`
 */
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { type BenchOptions, publish, readOptions, withServers } from './support/command.ts'
import { compare, highestRate, SUMMARY_HEADS, type Summary, summarise, summaryRow } from './support/measure.ts'
import { table } from './support/statistics.ts'

const WORKS = [
  { name: 'REGISTER over UDP', transport: 'udp', rate: 6000, from: 5000 },
  { name: 'REGISTER over one TLS connection', transport: 'tls', rate: 5000, from: 4000 },
] as const

const STEP = 1000
const STEPS = 12

function loadOf(options: BenchOptions, transport: 'udp' | 'tls') {
  const users = benchUsers(options.users).slice(0, -1)
  return ({ domain, caPem, tlsPort, udpPort }: BenchServer, rate: number, seconds: number): Promise<LoadReport> => {
    const target = { domain, caPem, tlsPort, udpPort }
    return runGenerator('./registrations.ts', { target, users, transport, rate, count: Math.ceil(rate * seconds) })
  }
}

const options = readOptions()
await withServers(options, async servers => {
  const summaries: Summary[] = []
  const highest: string[][] = []
  for (const { name, transport, rate: usual, from } of WORKS) {
    if (!name.toLowerCase().includes(options.work.toLowerCase())) continue
    const rate = options.rate ?? usual
    const load = loadOf(options, transport)
    for (const server of servers) if (options.warmUp > 0) await load(server, rate, options.warmUp)
    const work = `${name}, ${rate}/s`
    const run = await compare(work, servers, server => load(server, rate, options.seconds), options.rounds)
    summaries.push(summarise(run, '1.0'))
    if (!options.sweep) continue
    const rates = Array.from({ length: STEPS }, (_, i) => from + i * STEP)
    const found = []
    for (const server of servers) {
      found.push(String(await highestRate(server, rates, (each, at) => load(each, at, 4))))
    }
    highest.push([name, ...found])
  }
  const rates =
    highest.length === 0 ? '' : `\n\n${table(['highest clean rate', ...servers.map(({ name }) => name)], highest)}`
  publish('register', options, table(SUMMARY_HEADS, summaries.map(summaryRow)) + rates, { summaries, highest })
})
