/**
 * What a server adds to the set-up of a call, from the first INVITE until 200 (the challenge included), at 10, 100 and 500 calls a
 * second, against phones that call each other directly; and the one-way delay of media at 100 calls: `npm run bench:latency`
 */
import { runGenerator } from './load/generator.ts'
import type { MediaReport } from './load/media-calls.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { shown, spreadOf, table } from './support/statistics.ts'

const RATES = [10, 100, 500]
const TALK_MS = 200
const MEDIA_CALLS = 100

const options = readOptions()
const users = benchUsers(options.users)

type Party = BenchServer | undefined

function targetOf(server: Party) {
  if (server === undefined) return undefined
  const { domain, caPem, tlsPort, udpPort } = server
  return { domain, caPem, tlsPort, udpPort }
}

function load(server: Party, rate: number, seconds: number): Promise<LoadReport> {
  const count = Math.ceil(rate * seconds)
  return runGenerator('./calls.ts', { target: targetOf(server), users, rate, count, ringMs: 0, talkMs: TALK_MS })
}

function middle(values: readonly number[]): number {
  return spreadOf(values).median
}

async function setUpRows(servers: readonly BenchServer[]): Promise<(readonly string[])[]> {
  const rows: (readonly string[])[] = []
  for (const rate of options.rate === undefined ? RATES : [options.rate]) {
    const reports = new Map<string, LoadReport[]>()
    for (let round = 0; round < options.rounds; round++) {
      for (const party of [undefined, ...servers]) {
        const report = await load(party, rate, options.seconds)
        const name = party?.name ?? 'direct'
        reports.set(name, [...(reports.get(name) ?? []), report])
        console.log(
          `${rate} calls/s, ${name}: ${shown(report.median)}/${shown(report.p99)} ms, ${report.failed} failed`,
        )
      }
    }
    const direct = reports.get('direct')!
    for (const [name, all] of reports) {
      const [median, p99] = [middle(all.map(each => each.median)), middle(all.map(each => each.p99))]
      const added = name === 'direct' ? '-' : shown(median - middle(direct.map(each => each.median)))
      const addedP99 = name === 'direct' ? '-' : shown(p99 - middle(direct.map(each => each.p99)))
      const failed = all.reduce((sum, each) => sum + each.failed, 0)
      rows.push([`${rate}/s`, name, shown(median), shown(p99), added, addedP99, String(failed)])
    }
  }
  return rows
}

async function mediaRows(servers: readonly BenchServer[]): Promise<(readonly string[])[]> {
  const calls = options.smoke ? 1 : MEDIA_CALLS
  const measured = new Map<string, MediaReport[]>()
  for (let round = 0; round < options.rounds + 1; round++) {
    for (const server of servers) {
      const orders = { target: targetOf(server), users, calls, seconds: options.seconds, processes: server.processes }
      const report = await runGenerator<MediaReport>('./media-calls.ts', orders)
      // The first is for warming up.
      if (round > 0) measured.set(server.name, [...(measured.get(server.name) ?? []), report])
    }
  }
  return [...measured].map(([name, all]) => [
    name,
    shown(middle(all.map(({ load }) => load.delay.median))),
    shown(middle(all.map(({ load }) => load.delay.p99))),
    shown(Math.max(...all.map(({ load }) => load.delay.maximum))),
  ])
}

await withServers(
  options,
  async servers => {
    if (options.warmUp > 0) for (const server of servers) await load(server, 100, options.warmUp)
    const setUp = await setUpRows(servers)
    const media = await mediaRows(servers)
    const text = [
      table(['calls', 'through', 'p50, ms', 'p99, ms', 'added p50', 'added p99', 'failed'], setUp),
      table([`media of ${MEDIA_CALLS} calls through`, 'median, ms', 'p99, ms', 'worst, ms'], media),
      'Aims for media: median under 0.5 ms, p99 under 3 ms.',
    ].join('\n\n')
    publish('latency', options, text, { setUp, media })
  },
  { media: true },
)
