/**
 * Calls through a server that stay while SRTP goes through its media ports: sets them up by SIP, one shared media port and key on
 * each side, runs the packets' generator in another process, looks at the server's CPU around it, and hangs up.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { LoadResult, Plan, PlannedLeg } from '../media/plan.ts'
import { legOf } from '../media/session.ts'
import type { BenchUser } from '../servers/server.ts'
import { spentBetween, treeCpu } from '../support/cpu.ts'
import { registerCallee } from './callee-registration.ts'
import { Caller } from './caller.ts'
import { openTls, secureContextOf } from './connections.ts'
import { serveOrders, type Target } from './generator.ts'
import { drained, pace } from './pace.ts'
import { Tally } from './report.ts'
import type { Account } from './sip-text.ts'

export interface MediaOrders {
  readonly target: Target
  readonly users: readonly BenchUser[]
  readonly calls: number
  readonly seconds: number
  readonly processes: Readonly<Record<string, number>>
}

export interface MediaReport {
  readonly load: LoadResult
  /** Milliseconds of CPU while packets went, by process tree. */
  readonly spent: Readonly<Record<string, number>>
}

const CALLS_A_SECOND = 50
const SUITES = { a: 'AES_CM_128_HMAC_SHA1_80', b: 'AES_256_CM_HMAC_SHA1_80' } as const
const PORTS = { a: 16_000, b: 16_002 } as const
const KEEP_ALIVE_MS = 60_000

async function run(orders: MediaOrders): Promise<MediaReport> {
  const { target, calls } = orders
  const keys = { a: randomBytes(30).toString('base64'), b: randomBytes(46).toString('base64') }
  const legs = { a: new Map<string, PlannedLeg>(), b: new Map<string, PlannedLeg>() }
  const note = (side: 'a' | 'b', caller: string, sdp: string): void => {
    const { port, relayKey } = legOf(sdp, SUITES[side])
    legs[side].set(caller, { port, relayKey })
  }
  const callee = await registerCallee({
    target,
    users: orders.users,
    ringMs: 0,
    key: keys.b,
    onOffer: (from, sdp) => note('b', from, sdp),
  })
  const tally = new Tally()
  const caller = new Caller({
    domain: target.domain,
    tally,
    talkMs: undefined,
    key: keys.a,
    onAnswer: (username, sdp) => note('a', username, sdp),
  })
  const context = secureContextOf(target.caPem)
  const line = await openTls(target, context, message => caller.take(message))
  caller.use(line)
  const accounts = orders.users.slice(0, calls).map((user): Account => ({ ...user, secrets: new Map() }))
  await pace(CALLS_A_SECOND, calls, tally, index => caller.begin(accounts[index]!, index))
  for (let tries = 0; caller.established < calls && tries < 300; tries++) await wait(20)
  if (caller.established < calls) {
    throw new Error(`${caller.established} of ${calls} calls: ${JSON.stringify(tally.report().failures)}`)
  }
  const plan: Plan = {
    a: { suite: SUITES.a, phoneKey: keys.a, phonePort: PORTS.a },
    b: { suite: SUITES.b, phoneKey: keys.b, phonePort: PORTS.b },
    calls: accounts.map(({ username }) => ({ a: legs.a.get(username)!, b: legs.b.get(username)! })),
    seconds: orders.seconds,
  }
  await wait(500)
  const report = await measured(plan, orders.processes)
  caller.hangUp()
  await drained(tally, calls, 4000)
  line.close()
  callee.close()
  return report
}

async function measured(plan: Plan, processes: MediaOrders['processes']): Promise<MediaReport> {
  const child = fork(new URL('../media/load.ts', import.meta.url), { execArgv: ['--no-warnings'] })
  await once(child, 'spawn')
  const looks = Object.entries(processes).map(([name, pid]) => ({ name, pid, before: treeCpu([pid]) }))
  child.send(plan)
  const signal = AbortSignal.timeout(plan.seconds * 1000 + KEEP_ALIVE_MS)
  const [load] = (await once(child, 'message', { signal })) as [LoadResult]
  const spent = looks.map(({ name, pid, before }) => [name, spentBetween(before, treeCpu([pid]))])
  return { load, spent: Object.fromEntries(spent) }
}

if (process.send !== undefined) serveOrders(run)
