/**
 * What an authenticated call costs, set up and torn down, TLS on both legs: without media at the peer (ours always anchors it), and
 * with SRTP anchored and re-keyed by Kamailio and rtpengine: `npm run bench:calls [-- --work SRTP --only ours --sweep --profile DIR]`
 */
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { compare, highestRate, SUMMARY_HEADS, type Summary, summarise, summaryRow } from './support/measure.ts'
import { table } from './support/statistics.ts'

const WORKS = [
  { name: 'call, peer without media', media: false, rates: [400, 800], aim: '1.0' },
  { name: 'call with SRTP anchored', media: true, rates: [300], aim: '0.5' },
] as const

const [FROM, STEP, STEPS] = [400, 200, 12]
const [RING_MS, TALK_MS] = [20, 200]

const options = readOptions()
const users = benchUsers(options.users)

function load(server: BenchServer, rate: number, seconds: number): Promise<LoadReport> {
  const { domain, caPem, tlsPort, udpPort } = server
  const target = { domain, caPem, tlsPort, udpPort }
  const count = Math.ceil(rate * seconds)
  return runGenerator('./calls.ts', { target, users, rate, count, ringMs: RING_MS, talkMs: TALK_MS })
}

const summaries: Summary[] = []
const highest: string[][] = []
for (const { name, media, rates, aim } of WORKS) {
  if (!name.toLowerCase().includes(options.work.toLowerCase())) continue
  await withServers(
    options,
    async servers => {
      const all = options.rate === undefined ? rates : [options.rate]
      for (const server of servers) if (options.warmUp > 0) await load(server, all[0]!, options.warmUp)
      for (const rate of all) {
        const work = `${name}, ${rate}/s`
        const run = await compare(work, servers, server => load(server, rate, options.seconds), options.rounds)
        summaries.push(summarise(run, aim))
      }
      if (!options.sweep) return
      const steps = Array.from({ length: STEPS }, (_, i) => FROM + i * STEP)
      const found = []
      for (const server of servers) {
        found.push(String(await highestRate(server, steps, (each, at) => load(each, at, 4))))
      }
      highest.push([name, ...found])
    },
    { media },
  )
}
const heads = ['highest clean rate', ...(options.ours ? ['ringfence'] : []), ...(options.peer ? ['kamailio'] : [])]
const rates = highest.length === 0 ? '' : `\n\n${table(heads, highest)}`
publish('calls', options, table(SUMMARY_HEADS, summaries.map(summaryRow)) + rates, { summaries, highest })
