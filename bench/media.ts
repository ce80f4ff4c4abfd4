/**
 * What a relayed SRTP packet costs, re-encrypted between two suites, through calls that were set up by SIP: ours complete, and
 * Kamailio with rtpengine in user space, in turn: `npm run bench:media [-- --rate 10000 --seconds 5 --only ours]`
 */
import { runGenerator } from './load/generator.ts'
import type { MediaReport } from './load/media-calls.ts'
import { PACKETS_PER_CALL } from './media/plan.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { shown, shownSpread, spreadOf, table } from './support/statistics.ts'

const RATES = [10_000, 40_000]
const WARM_UP_RATE = 20_000

const options = readOptions()
const users = benchUsers(options.users)

interface MediaRound {
  readonly server: string
  /** Microseconds for each packet that came through. */
  readonly perPacket: number
  readonly report: MediaReport
}

async function measure(server: BenchServer, rate: number, seconds: number): Promise<MediaRound> {
  const { domain, caPem, tlsPort, udpPort, processes } = server
  const target = { domain, caPem, tlsPort, udpPort }
  const calls = Math.max(1, Math.round(rate / PACKETS_PER_CALL))
  const report = await runGenerator<MediaReport>('./media-calls.ts', { target, users, calls, seconds, processes })
  const spent = Object.values(report.spent).reduce((sum, part) => sum + part, 0)
  return { server: server.name, perPacket: (1000 * spent) / Math.max(1, report.load.received), report }
}

function row(rate: number, rounds: readonly MediaRound[]): readonly string[] {
  const of = (own: boolean): MediaRound[] => rounds.filter(({ server }) => (server === 'ringfence') === own)
  const [ours, peer] = [of(true), of(false)]
  const spread = (all: readonly MediaRound[]): string =>
    all.length === 0 ? '-' : shownSpread(spreadOf(all.map(({ perPacket }) => perPacket)))
  const median = (all: readonly MediaRound[], of: (round: MediaRound) => number): string =>
    all.length === 0 ? '-' : shown(spreadOf(all.map(of)).median)
  const pairs = ours.slice(0, peer.length).map((round, i) => round.perPacket / peer[i]!.perPacket)
  const loss = ({ report }: MediaRound): number => (100 * (report.load.sent - report.load.received)) / report.load.sent
  const delay = (all: readonly MediaRound[]): string =>
    `${median(all, ({ report }) => report.load.delay.median)}, p99 ${median(all, ({ report }) => report.load.delay.p99)}`
  return [
    `${rate}/s (${Math.round(rate / PACKETS_PER_CALL)} calls)`,
    spread(ours),
    spread(peer),
    pairs.length === 0 ? '-' : shownSpread(spreadOf(pairs)),
    '0.8',
    `${median(ours, loss)} / ${median(peer, loss)}`,
    delay(ours),
    delay(peer),
    median(rounds, ({ report }) => report.load.generatorCost),
  ]
}

const HEADS = [
  'packets',
  'ours, us',
  'peer, us',
  'ratio',
  'aim',
  'loss %, ours / peer',
  'delay ms, ours',
  'delay ms, peer',
  'generator, us',
]

await withServers(
  options,
  async servers => {
    if (options.warmUp > 0) for (const server of servers) await measure(server, WARM_UP_RATE, options.warmUp)
    const rows: (readonly string[])[] = []
    const all: Record<string, readonly MediaRound[]> = {}
    for (const rate of options.rate === undefined ? RATES : [Math.max(PACKETS_PER_CALL, options.rate)]) {
      const rounds: MediaRound[] = []
      for (let i = 0; i < options.rounds; i++) {
        for (const server of servers) {
          const round = await measure(server, rate, options.seconds)
          rounds.push(round)
          const { load, spent } = round.report
          console.log(
            `${rate}/s: ${server.name} ${shown(round.perPacket)} us ${JSON.stringify(spent)}, ${load.sent} sent, ${load.received} received, ` +
              `${load.verified} verified, ${load.broken} broken, delay ${shown(load.delay.median)}/${shown(load.delay.p99)} ms`,
          )
          if (load.broken > 0 || load.verified === 0) throw new Error(`${server.name} relays what cannot be opened`)
        }
      }
      rows.push(row(rate, rounds))
      all[rate] = rounds
    }
    publish('media', options, table(HEADS, rows), all)
  },
  { media: true },
)
