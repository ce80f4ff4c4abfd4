/**
 * How cost grows: CPU of a REGISTER with 100 to 20,000 phones registered, and of a call with 10 to 500 others up:
 * `npm run bench:growth`
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { type BenchOptions, publish, readOptions, withServers } from './support/command.ts'
import { measureRound } from './support/measure.ts'
import { plot } from './support/plot.ts'
import { shown, spreadOf, table } from './support/statistics.ts'

const given = readOptions()
const PHONES = given.smoke ? [10, 50] : [100, 1000, 5000, 20_000]
const LIVE = given.smoke ? [2, 5] : [10, 50, 200, 500]
const REGISTER_RATE = given.smoke ? 20 : 2000
const CALL_RATE = given.smoke ? 20 : 100
const COLOURS: Readonly<Record<string, string>> = { ringfence: '#0a6', kamailio: '#c40' }

type Points = Map<string, [number, number][]>

function note(points: Points, server: string, count: number, cpuMs: number): void {
  points.set(server, [...(points.get(server) ?? []), [count, cpuMs]])
}

/** Once all phones are registered they register again, evenly. */
async function registrations(options: BenchOptions, points: Points): Promise<void> {
  const users = benchUsers(options.users).slice(0, -1)
  const load = (server: BenchServer, phones: number, count: number): Promise<LoadReport> => {
    const { domain, caPem, tlsPort, udpPort } = server
    const target = { domain, caPem, tlsPort, udpPort }
    const orders = { target, users: users.slice(0, phones), transport: 'tls', rate: REGISTER_RATE, count }
    return runGenerator('./registrations.ts', orders)
  }
  await withServers(options, async servers => {
    for (const phones of PHONES) {
      for (const server of servers) await load(server, phones, Math.max(phones, REGISTER_RATE * options.warmUp))
      const costs = new Map<string, number[]>()
      for (let i = 0; i < options.rounds; i++) {
        for (const server of servers) {
          const { cpuMs } = await measureRound(server, each => load(each, phones, REGISTER_RATE * options.seconds))
          costs.set(server.name, [...(costs.get(server.name) ?? []), cpuMs])
        }
      }
      for (const [name, all] of costs) note(points, name, phones, spreadOf(all).median)
    }
  })
}

/** So many calls are up at once as their length makes it; those of the first seconds fill the server and are not counted apart. */
async function calls(options: BenchOptions, points: Points): Promise<void> {
  const users = benchUsers(options.users)
  const load = (server: BenchServer, live: number, seconds: number): Promise<LoadReport> => {
    const { domain, caPem, tlsPort, udpPort } = server
    const target = { domain, caPem, tlsPort, udpPort }
    const talkMs = (1000 * live) / CALL_RATE
    const count = Math.ceil(CALL_RATE * (seconds + talkMs / 1000))
    return runGenerator('./calls.ts', { target, users, rate: CALL_RATE, count, ringMs: 0, talkMs })
  }
  await withServers(
    options,
    async servers => {
      if (options.warmUp > 0) for (const server of servers) await load(server, LIVE[0]!, options.warmUp)
      for (const live of LIVE) {
        const costs = new Map<string, number[]>()
        for (let i = 0; i < options.rounds; i++) {
          for (const server of servers) {
            const { cpuMs } = await measureRound(server, each => load(each, live, options.seconds))
            costs.set(server.name, [...(costs.get(server.name) ?? []), cpuMs])
          }
        }
        for (const [name, all] of costs) note(points, name, live, spreadOf(all).median)
      }
    },
    { media: true },
  )
}

function rowsOf(what: string, points: Points): string[][] {
  const counts = [...points.values()][0]?.map(([count]) => count) ?? []
  return counts.map((count, i) => [
    `${count} ${what}`,
    ...[...points.values()].map(all => shown(all[i]?.[1] ?? Number.NaN)),
  ])
}

const [ofPhones, ofCalls]: readonly [Points, Points] = [new Map(), new Map()]
await registrations({ ...given, users: PHONES.at(-1)! }, ofPhones)
await calls(given, ofCalls)
const heads = ['CPU in ms of', ...ofPhones.keys()]
const rows = [...rowsOf('phones: a REGISTER over TLS', ofPhones), ...rowsOf('calls up: a call with SRTP', ofCalls)]
publish('growth', given, table(heads, rows), { phones: [...ofPhones], calls: [...ofCalls] })
if (process.env['UPDATE_DOCS'] === 'true' && !given.smoke) {
  for (const [name, title, points] of [
    ['growth-registrations', 'CPU of a REGISTER, by phones registered', ofPhones],
    ['growth-calls', 'CPU of a call with SRTP, by calls up', ofCalls],
  ] as const) {
    const series = [...points].map(([server, own]) => ({
      name: server,
      colour: COLOURS[server] ?? '#000',
      points: own,
    }))
    writeFileSync(join(import.meta.dirname, `${name}.svg`), plot(title, 'ms', series))
  }
}
