/** Phones that come one by one: a full TLS 1.3 handshake each (no session is resumed) and a REGISTER with digest. A process of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import type { BenchUser } from '../servers/server.ts'
import { type Line, openTls, secureContextOf } from './connections.ts'
import { serveOrders, type Target } from './generator.ts'
import { drained, pace } from './pace.ts'
import { Registering } from './registering.ts'
import { Tally } from './report.ts'
import type { Account } from './sip-text.ts'

export interface HandshakeOrders {
  readonly target: Target
  readonly users: readonly BenchUser[]
  readonly rate: number
  readonly count: number
  /** Connections stay until so many milliseconds after the last; undefined: each is closed when its phone is registered. */
  readonly holdMs?: number
}

const REGISTRATION_LIMIT_MS = 10_000

async function run(orders: HandshakeOrders) {
  const { target, users, rate, count, holdMs } = orders
  const context = secureContextOf(target.caPem)
  const tally = new Tally()
  const held: Line[] = []
  const register = async (index: number): Promise<void> => {
    const began = performance.now()
    const account: Account = { ...users[index % users.length]!, secrets: new Map() }
    const own = new Tally()
    const registering = new Registering(target.domain, own)
    let line: Line | undefined
    const end = (why: string): void => {
      if (line === undefined) return
      const ending = line
      line = undefined
      if (why === '') {
        tally.measured(performance.now() - began)
        tally.succeed()
      } else tally.fail(why)
      if (holdMs === undefined || why !== '') ending.close()
      else held.push(ending)
    }
    own.onEnd = end
    line = await openTls(target, context, message => registering.take(message), end)
    registering.use(line)
    registering.begin(account, index)
    setTimeout(() => end('no answer'), REGISTRATION_LIMIT_MS).unref()
  }
  await pace(rate, count, tally, index => {
    register(index).catch((error: unknown) => tally.fail((error as Error).message))
  })
  await drained(tally, count, REGISTRATION_LIMIT_MS + 1000)
  const report = tally.report()
  if (holdMs !== undefined) {
    process.send!({ held: held.length })
    await wait(holdMs)
  }
  for (const line of held) line.close()
  return report
}

if (process.send !== undefined) serveOrders(run)
