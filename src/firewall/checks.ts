/** The checks on a parsed message, in order. Each is one rule; the first that does not pass decides. */
import { sourceKey } from '../base/network.ts'
import type { SipMessage } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import type { Standing } from './known-source.ts'
import type { RateBuckets } from './rate-buckets.ts'
import { PASS, type Verdict } from './types.ts'

export interface CheckContext {
  readonly flow: Flow
  readonly standing: Standing
  /** Monotonic milliseconds, for rates. */
  readonly now: number
}

export interface CheckState {
  readonly guard: SourceGuard
  readonly unknownBuckets: RateBuckets
  readonly flowBuckets: RateBuckets
  readonly networkBuckets: RateBuckets
}

/** A phone asks again by then, however long its account backs off: somebody may have taken it back. */
const LONGEST_RETRY_MS = 600_000

export type Check = (message: SipMessage, context: CheckContext, state: CheckState) => Verdict

/** A source with too many wrong credentials; a flow that carries a registration stays. */
const dropBanned: Check = (_message, { flow, standing }, { guard }) => {
  const { sources } = guard
  if (!sources.anyBan || standing === 'authenticated') return PASS
  const { remoteAddress: address, remotePort: port, reliable: proven, id: flowId } = flow
  const ban = sources.banOf({ address, port, proven, flowId }, guard.now())
  return ban === undefined ? PASS : { kind: 'drop', rule: 'dropBanned', reason: ban.reason }
}

/** So many messages a second. Datagrams of unknown sources, and of trunks, were counted before they were parsed (`acceptDatagram`). */
const capRate: Check = (_message, { flow, standing, now }, state) => {
  if (standing === 'machine') return PASS
  if (standing === 'authenticated') return rated(state.flowBuckets.take(flow.id, now), 'an authenticated flow')
  const key = sourceKey(flow.remoteAddress)
  if (standing === 'network') return rated(state.networkBuckets.take(key, now), 'a source in a named network')
  if (standing === 'trunk') return rated(!flow.reliable || state.networkBuckets.take(key, now), 'a trunk')
  if (standing === 'remembered') return rated(state.flowBuckets.take(key, now), 'a source of registrations')
  return rated(!flow.reliable || state.unknownBuckets.take(key, now), 'an unknown source')
}

function rated(within: boolean, what: string): Verdict {
  return within ? PASS : { kind: 'drop', rule: 'capRate', reason: `more messages a second than ${what} may send` }
}

/** An account with many wrong credentials takes none from strangers for a while; the phone that is registered stays. */
const backOffAccount: Check = (message, { flow }, { guard }) => {
  const { sources } = guard
  if (message.kind === 'response' || !sources.anyBackOff || flow.tls?.clientCertificate?.trusted === true) return PASS
  const now = guard.now()
  for (const name of ['Authorization', 'Proxy-Authorization'] as const) {
    for (const { parameters } of message.credentials(name)) {
      const username = parameters.get('username')
      const decision = username === undefined ? undefined : sources.backOffOf(username, flow.remoteAddress, now)
      if (decision === undefined) continue
      const left = Math.min(decision.expiresAt ?? Number.POSITIVE_INFINITY, now + LONGEST_RETRY_MS) - now
      const headers = [['Retry-After', String(Math.ceil(left / 1000))]] as const
      const reason = 'too many wrong credentials for this account: it backs off for unknown sources'
      return { kind: 'reject', status: 503, rule: 'backOffAccount', reason, headers }
    }
  }
  return PASS
}

/** Requests of strangers get no answer, but for REGISTER, which is challenged. Responses and ACK are never answered anyway. */
const dropUnknownSource: Check = (message, { standing }) => {
  if (standing !== 'unknown' || message.kind === 'response') return PASS
  if (message.method === 'REGISTER' || message.method === 'ACK') return PASS
  return { kind: 'drop', rule: 'dropUnknownSource', reason: `${message.method.slice(0, 32)} from an unknown source` }
}

export const MESSAGE_CHECKS: readonly Check[] = [dropBanned, capRate, dropUnknownSource, backOffAccount]

/** Of a request that is refused as it stands. */
export const REFUSAL_CHECKS: readonly Check[] = [dropBanned, capRate]
