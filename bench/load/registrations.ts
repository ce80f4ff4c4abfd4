/** REGISTER with digest, each with its challenge, over UDP or over one kept TLS connection: a process of its own. */
import type { BenchUser } from '../servers/server.ts'
import { openTls, openUdp, secureContextOf } from './connections.ts'
import { serveOrders, type Target } from './generator.ts'
import { drained, pace } from './pace.ts'
import { Registering } from './registering.ts'
import { type LoadReport, Tally } from './report.ts'
import type { Account } from './sip-text.ts'

export interface RegistrationOrders {
  readonly target: Target
  readonly users: readonly BenchUser[]
  readonly transport: 'udp' | 'tls'
  readonly rate: number
  readonly count: number
}

async function run(orders: RegistrationOrders): Promise<LoadReport> {
  const { target, transport, rate, count } = orders
  const tally = new Tally()
  const registering = new Registering(target.domain, tally)
  const take = (message: string): void => registering.take(message)
  const line =
    transport === 'udp'
      ? await openUdp(target.udpPort, take)
      : await openTls(target, secureContextOf(target.caPem), take)
  registering.use(line)
  const accounts = orders.users.map((user): Account => ({ ...user, secrets: new Map() }))
  const repeating = transport === 'udp' ? setInterval(() => registering.repeat(), 50) : undefined
  await pace(rate, count, tally, index => registering.begin(accounts[index % accounts.length]!, index))
  await drained(tally, count, 4000)
  clearInterval(repeating)
  registering.abandon()
  line.close()
  return tally.report()
}

if (process.send !== undefined) serveOrders(run)
