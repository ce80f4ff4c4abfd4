/**
 * Authenticated calls over TLS: INVITE, challenge, ACK, INVITE, 180, 200, ACK, a pause, BYE, 200. Callers share one connection (or
 * several), the callee is registered over its own. A process of its own.
 */
import { randomBytes } from 'node:crypto'
import { type BenchUser, CALLEE } from '../servers/server.ts'
import { registerCallee } from './callee-registration.ts'
import { Caller } from './caller.ts'
import { openDirect } from './direct.ts'
import { openTls, secureContextOf } from './connections.ts'
import { serveOrders, type Target } from './generator.ts'
import { drained, pace } from './pace.ts'
import { type LoadReport, Tally } from './report.ts'
import type { Account } from './sip-text.ts'

export interface CallOrders {
  /** Undefined: from phone to phone, with nothing between them. */
  readonly target: Target | undefined
  readonly users: readonly BenchUser[]
  readonly rate: number
  readonly count: number
  readonly ringMs: number
  readonly talkMs: number
}

async function run(orders: CallOrders): Promise<LoadReport> {
  const { target, rate, count } = orders
  const accounts = orders.users
    .filter(({ username }) => username !== CALLEE)
    .map((user): Account => ({ ...user, secrets: new Map() }))
  const direct = target === undefined ? await openDirect(orders.ringMs) : undefined
  const callee =
    direct === undefined
      ? await registerCallee({
          target: target!,
          users: orders.users,
          ringMs: orders.ringMs,
          key: randomBytes(46).toString('base64'),
        })
      : direct.callee
  const tally = new Tally()
  const caller = new Caller({
    domain: target?.domain ?? 'bench.test',
    tally,
    talkMs: orders.talkMs,
    key: randomBytes(30).toString('base64'),
  })
  const to = direct?.target ?? target!
  const line = await openTls(
    to,
    secureContextOf(to.caPem),
    message => caller.take(message),
    why => caller.lost(why),
  )
  caller.use(line)
  await pace(rate, count, tally, index => caller.begin(accounts[index % accounts.length]!, index))
  await drained(tally, count, 8000)
  caller.abandon()
  const report = tally.report()
  line.close()
  callee.close()
  direct?.close()
  return report
}

if (process.send !== undefined) serveOrders(run)
