/** The way to a trunk: its addresses in order (RFC 3263 §4), each tried within its share of the time, and never in the clear. */
import type { Clock } from '../base/clock.ts'
import type { Trunk } from '../directory/trunk.ts'
import { sipUri } from '../sip/message/uri.ts'
import type { Flow, Target } from '../sip/transport/types.ts'
import type { TrunkTransportLayer } from './options.ts'
import { connectProblem, insecure, noAnswerInTime, unresolved } from './problem.ts'
import type { TrunkError } from './types.ts'

/** Addresses tried in one go. */
const MAXIMUM_TARGETS = 8
/** An address that failed is tried last for so long. */
const AVOIDED_MS = 30_000
const SHORTEST_ATTEMPT_MS = 400

export type Connected = { readonly ok: true; readonly flow: Flow } | { readonly ok: false; readonly error: TrunkError }

export interface Way {
  /** Addresses found last, for who comes from them. */
  readonly addresses: readonly string[]
  /** Never rejects. `onFailed` hears of each address that failed. */
  open(withinMs: number, onFailed?: (target: Target, error: TrunkError) => void): Promise<Connected>
}

interface WayOptions {
  readonly clock: Clock
  readonly transport: Pick<TrunkTransportLayer, 'resolve' | 'connect'>
  /** `addresses` are new. */
  readonly located?: () => void
}

/** `pool`: connections are shared within it only; another one makes a fresh connection. */
export function createWay(trunk: Trunk, pool: () => string, { clock, transport, located }: WayOptions): Way {
  let addresses: readonly string[] = []
  /** Until when each is avoided: of the addresses found last only. */
  let avoided = new Map<string, number>()

  async function targets(): Promise<readonly Target[]> {
    const found = await transport.resolve(
      sipUri({ host: trunk.host, port: trunk.port, parameters: { transport: trunk.transport.toLowerCase() } }),
    )
    // What the DNS says never makes a way less safe than the trunk wants it.
    const wanted = found.filter(target => target.protocol === trunk.transport).slice(0, MAXIMUM_TARGETS)
    addresses = wanted.map(({ address }) => address)
    located?.()
    const now = clock.monotonic()
    avoided = new Map([...avoided].filter(([key, until]) => until > now && wanted.some(each => keyOf(each) === key)))
    const isAvoided = (target: Target): boolean => avoided.has(keyOf(target))
    return [...wanted.filter(target => !isAvoided(target)), ...wanted.filter(isAvoided)].map(target => ({
      ...target,
      trust: { names: trunk.certificateNames, authorityPem: trunk.certificateAuthority },
      pool: pool(),
    }))
  }

  async function attempt(target: Target, ms: number): Promise<Connected> {
    try {
      const flow = await limited(clock, transport.connect(target), ms)
      if (flow === undefined) return { ok: false, error: noAnswerInTime({ ...trunk, host: target.address }, ms) }
      if (trunk.transport === 'TLS' && !flow.secure) return { ok: false, error: insecure(trunk) }
      return { ok: true, flow }
    } catch (error) {
      return { ok: false, error: connectProblem(error, target) }
    }
  }

  return {
    get addresses() {
      return addresses
    },
    async open(withinMs, onFailed) {
      if (trunk.transport !== 'TLS' && !trunk.allowInsecureSignalling) return { ok: false, error: insecure(trunk) }
      const until = clock.monotonic() + withinMs
      const left = await limited(clock, targets(), withinMs).catch(() => [])
      if (left === undefined) return { ok: false, error: noAnswerInTime(trunk, withinMs) }
      let error = unresolved(trunk)
      for (const [index, target] of left.entries()) {
        const remaining = until - clock.monotonic()
        if (index > 0 && remaining < SHORTEST_ATTEMPT_MS) break
        const share = Math.max(SHORTEST_ATTEMPT_MS, remaining / (left.length - index))
        const outcome = await attempt(target, Math.round(Math.min(share, Math.max(1, remaining))))
        if (outcome.ok) {
          avoided.delete(keyOf(target))
          return outcome
        }
        avoided.set(keyOf(target), clock.monotonic() + AVOIDED_MS)
        error = outcome.error
        onFailed?.(target, error)
      }
      return { ok: false, error }
    },
  }
}

function keyOf({ address, port }: Target): string {
  return `${address} ${port}`
}

/** Undefined when it takes longer. What comes later is of use to the next who asks, or is nobody's. */
export function limited<T>(clock: Clock, promise: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: result, resolve, reject } = Promise.withResolvers<T | undefined>()
  const timer = clock.schedule(ms, () => resolve(undefined))
  promise.then(
    value => {
      timer.cancel()
      resolve(value)
    },
    (error: unknown) => {
      timer.cancel()
      reject(error instanceof Error ? error : new Error(String(error)))
    },
  )
  return result
}
