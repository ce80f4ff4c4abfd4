/**
 * After a power cut: 5,000 phones come back over TLS within a minute, each with a full handshake and a REGISTER with digest, while a
 * scanner sends 150 requests a second: `npm run bench:avalanche [-- --users 5000 --seconds 60 --only ours]`
 */
import type { FloodOrders } from './load/flood.ts'
import { runGenerator } from './load/generator.ts'
import type { HandshakeOrders } from './load/handshakes.ts'
import type { LoadReport } from './load/report.ts'
import { benchUsers } from './servers/server.ts'
import { publish, readOptions, withServers } from './support/command.ts'
import { shown, table } from './support/statistics.ts'

const PHONES = 5_000
const SCAN_RATE = 150
const options = readOptions(PHONES)
const users = benchUsers(options.users).slice(0, -1)
const seconds = options.smoke ? 2 : Math.max(options.seconds, 60)

const HEADS = ['phones', 'server', 'registered', 'refused or lost', 'p50, ms', 'p99, ms', 'scanned', 'why'] as const

await withServers(
  options,
  async servers => {
    const rows: string[][] = []
    for (const server of servers) {
      const { domain, caPem, tlsPort, udpPort } = server
      const target = { domain, caPem, tlsPort, udpPort }
      const rate = users.length / seconds
      const orders: HandshakeOrders = { target, users, rate, count: users.length, holdMs: 1_000 }
      const scan: FloodOrders = { port: udpPort, addresses: ['127.7.0.1'], kind: 'scanner', rate: SCAN_RATE, seconds }
      const scanning = runGenerator('./flood.ts', scan)
      const report = await runGenerator<LoadReport>('./handshakes.ts', orders)
      const scanned = await scanning
      console.log(`${server.name}: ${JSON.stringify(report)}`)
      rows.push([
        `${users.length} in ${seconds} s`,
        server.name,
        String(report.done),
        String(report.failed),
        shown(report.median),
        shown(report.p99),
        String(scanned.done),
        report.failed === 0 ? '' : JSON.stringify(report.failures),
      ])
    }
    publish('avalanche', options, table(HEADS, rows), rows)
  },
  { outsiders: true },
)
