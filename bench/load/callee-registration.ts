/** The called phone on its own TLS connection, registered over it. */
import { type BenchUser, CALLEE } from '../servers/server.ts'
import { Callee } from './callee.ts'
import { openTls, secureContextOf } from './connections.ts'
import type { Target } from './generator.ts'
import { drained } from './pace.ts'
import { Registering } from './registering.ts'
import { Tally } from './report.ts'

export interface CalleeOptions {
  readonly target: Target
  readonly users: readonly BenchUser[]
  readonly ringMs: number
  /** 46 octets in base64. */
  readonly key: string
  /** Hears what a caller's phone is offered to it with. */
  readonly onOffer?: (from: string, sdp: string) => void
}

const REGISTRATION_LIMIT_MS = 5000

export async function registerCallee(options: CalleeOptions): Promise<Callee> {
  const { target, users, ringMs, key, onOffer } = options
  const callee = new Callee(ringMs, key, onOffer)
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
  const user = users.find(({ username }) => username === CALLEE)!
  registering.begin({ ...user, secrets: new Map() }, 0)
  await drained(tally, 1, REGISTRATION_LIMIT_MS)
  const { done, failures } = tally.report()
  if (done !== 1) throw new Error(`the callee could not register: ${JSON.stringify(failures)}`)
  return callee
}
