/**
 * Authenticated calls over TLS: INVITE, challenge, ACK, INVITE, 180, 200, ACK, a pause, BYE, 200. Callers share one connection (or
 * several), the callee is registered over its own. A process of its own.
 */
import { randomBytes } from 'node:crypto'
import { type BenchUser, CALLEE } from '../servers/server.ts'
import { Callee } from './callee.ts'
import { Caller } from './caller.ts'
import { openDirect } from './direct.ts'
import { openTls, secureContextOf } from './connections.ts'
import { serveOrders, type Target } from './generator.ts'
import { drained, pace } from './pace.ts'
import { Registering } from './registering.ts'
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

const REGISTRATION_LIMIT_MS = 5000

/** The callee's connection, and its registration over it. */
async function registerCallee(orders: CallOrders, target: Target): Promise<Callee> {
  const callee = new Callee(orders.ringMs, randomBytes(46).toString('base64'))
  const tally = new Tally()
  const registering = new Registering(target.domain, tally)
  const line = await openTls(
    target,
    secureContextOf(target.caPem),
    message => (message.startsWith('SIP/2.0 ') ? registering.take(message) : callee.take(message)),
    why => callee.lost(why),
  )
  callee.use(line)
  registering.use(line)
  const user = orders.users.find(({ username }) => username === CALLEE)!
  registering.begin({ ...user, secrets: new Map() }, 0)
  await drained(tally, 1, REGISTRATION_LIMIT_MS)
  const { done, failures } = tally.report()
  if (done !== 1) throw new Error(`the callee could not register: ${JSON.stringify(failures)}`)
  return callee
}

async function run(orders: CallOrders): Promise<LoadReport> {
  const { target, rate, count } = orders
  const accounts = orders.users
    .filter(({ username }) => username !== CALLEE)
    .map((user): Account => ({ ...user, secrets: new Map() }))
  const direct = target === undefined ? await openDirect(orders.ringMs) : undefined
  const callee = direct === undefined ? await registerCallee(orders, target!) : direct.callee
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
