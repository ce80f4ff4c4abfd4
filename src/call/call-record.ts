/** The record of a call: written durably before the call is connected, completed when it ends. */
import type { CallId, DeviceId, ExtensionId, LegId, OrganisationId } from '../base/ids.ts'
import type { SideReport } from '../media/media-engine.ts'

/** One taxonomy for record, metric and screen. */
export type EndCause =
  | 'normal' // BYE after answer
  | 'cancelled' // the caller hung up before the answer
  | 'busy' // 486, 600
  | 'declined' // 603, 403 by the phone
  | 'no-answer' // ring timeout, 408, 480 by the phone
  | 'unreachable' // no device is registered, or none could be reached
  | 'unknown-destination'
  | 'not-admitted' // suspended, later: budget, rule
  | 'media-refused' // plain RTP, no common suite, 488
  | 'media-timeout' // no authenticated packet for too long
  | 'key-expired' // an SRTP master key has protected all packets that it may (RFC 3711 §9.2)
  | 'session-expired' // RFC 4028
  | 'loop'
  | 'overload'
  | 'transferred' // the leg was replaced
  | 'replaced' // answered elsewhere (RFC 3891) or picked up
  | 'protocol-error' // the peer broke SIP
  | 'trunk-failed' // no trunk could take it, or the last one tried did not answer, or did not let us in
  | 'system-error' // store gone, worker died
  | 'system-crash' // found open at start

export type EndSide = 'caller' | 'callee' | 'system'

export interface CallEnd {
  readonly side: EndSide
  readonly cause: EndCause
  readonly sipCode: number
}

export interface LegRecord {
  readonly id: LegId
  readonly direction: 'in' | 'out'
  readonly extensionId: ExtensionId | undefined
  readonly deviceId: DeviceId | undefined
  readonly number: string
  /** Name of the trunk, where the far end is outside. */
  readonly trunk?: string | undefined
  /** Of a caller from outside: `A`, `B`, `C` where a signature was verified (RFC 8588), `failed` where it was wrong. */
  readonly attestation?: string | undefined
  readonly userAgent: string
  /** TLS, WSS, or UDP/TCP/WS on an insecure listener; with the TLS version and suite. */
  readonly signalling: {
    readonly protocol: string
    readonly tls: string | undefined
    readonly cipher: string | undefined
  }
  readonly sourceAddress: string
  /** `SHA-256`, `MD5` (weaker) or `certificate`, for the leg that we authenticated. */
  readonly authentication: string | undefined
  readonly media: SideReport | undefined
}

export interface CallRecord {
  readonly id: CallId
  readonly organisationId: OrganisationId
  readonly from: string
  readonly to: string
  readonly startedAt: number
  readonly answeredAt: number | undefined
  readonly endedAt: number | undefined
  readonly end: CallEnd | undefined
  readonly legs: readonly LegRecord[]
  /** The call whose transfer made this one. */
  readonly transferredFrom: CallId | undefined
}

/** Implemented by `store/`, which groups concurrent writes into one commit. Rejects when the store is gone. */
export interface CallRecordRepository {
  /** Durable when resolved: the 200 OK goes to the caller only then. Insert or update by id. */
  save(record: CallRecord): Promise<void>
  /** Records with neither an end nor a live process behind them: closed as `system-crash` at their last known time. */
  closeOrphans(now: number): Promise<readonly CallRecord[]>
  list(query: {
    readonly organisationId?: OrganisationId
    readonly before?: number
    readonly limit: number
  }): Promise<readonly CallRecord[]>
  find(id: string, organisationId?: OrganisationId): Promise<CallRecord | undefined>
}
