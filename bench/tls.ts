/**
 * What a phone costs that connects: a full TLS 1.3 handshake and a REGISTER with digest, ours and Kamailio's in turn. Debian's
 * Kamailio 5.6.3 may crash under this load, so each of its rounds has a fresh one: `npm run bench:tls [-- --rate 300 --rounds 3]`
 */
import { runGenerator } from './load/generator.ts'
import type { LoadReport } from './load/report.ts'
import { type BenchServer, benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { measureRound, describe, type Round, SUMMARY_HEADS, summarise, summaryRow } from './support/measure.ts'
import { table } from './support/statistics.ts'

const RATE = 300

const options = readOptions()
const rate = options.rate ?? RATE
const users = benchUsers(options.users).slice(0, -1)

function load({ domain, caPem, tlsPort, udpPort }: BenchServer, seconds: number): Promise<LoadReport> {
  const target = { domain, caPem, tlsPort, udpPort }
  return runGenerator('./handshakes.ts', { target, users, rate, count: Math.ceil(rate * seconds) })
}

const work = `full TLS 1.3 handshake and REGISTER, ${rate}/s`
const rounds: Round[] = []
async function measure(server: BenchServer): Promise<void> {
  const round = await measureRound(server, each => load(each, options.seconds))
  rounds.push(round)
  console.log(`${work}: ${describe(round)}`)
}

await withServers({ ...options, peer: false }, async ([ours]) => {
  if (ours !== undefined && options.warmUp > 0) await load(ours, options.warmUp)
  for (let i = 0; i < options.rounds; i++) {
    if (ours !== undefined) await measure(ours)
    if (!options.peer) continue
    await withServers({ ...options, ours: false }, async ([peer]) => {
      if (options.warmUp > 0) await load(peer!, 1)
      await measure(peer!)
    })
  }
})
const summary = summarise({ work, rounds }, '0.9')
publish('tls', options, table(SUMMARY_HEADS, [summaryRow(summary)]), { summary, rounds })
