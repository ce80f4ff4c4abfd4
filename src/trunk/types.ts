/** Trunks while the system runs: whether they are there, how calls reach them, and whose requests are theirs. */
import type { OrganisationId, TrunkId } from '../base/ids.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'

/** `unknown`: nothing was heard yet; `down`: registration or OPTIONS fail, or calls to it timed out. */
export type TrunkHealth = 'up' | 'down' | 'unknown'

export interface TrunkStatus {
  readonly trunkId: TrunkId
  readonly health: TrunkHealth
  /** In words a person understands, naming what is wrong; undefined while all is well. */
  readonly problem: string | undefined
  readonly registeredUntil: number | undefined
  readonly liveCalls: number
  /** Of the connection in use, where there is one. */
  readonly tls: { readonly protocol: string; readonly cipher: string } | undefined
  readonly remote: { readonly address: string; readonly port: number } | undefined
  /** Milliseconds of the last OPTIONS or REGISTER round trip. */
  readonly roundTrip: number | undefined
}

/** A place among the trunk's calls. `release` is idempotent. */
export interface TrunkSlot {
  release(): void
}

/** How to send a new request to the trunk. */
export interface TrunkPath {
  readonly flow: Flow
  /** Host part of the Request-URI and To (with port where the trunk names one). */
  readonly host: string
  readonly port: number | undefined
  /** Route values: Service-Route of our registration (RFC 3608), in order. */
  readonly routes: readonly string[]
}

export type TrunkFailure =
  | 'unreachable'
  | 'timeout'
  | 'certificate'
  | 'refused'
  | 'insecure'
  | 'not-registered'
  | 'unavailable'

export interface TrunkError {
  readonly failure: TrunkFailure
  /** Names what is wrong: "the certificate names sip.example, not trunk.example". */
  readonly message: string
}

export type TrunkReached =
  | { readonly ok: true; readonly path: TrunkPath }
  | { readonly ok: false; readonly error: TrunkError }

export interface TrunkService {
  start(): void
  stop(): Promise<void>
  /** The directory changed this trunk (or took it away): registrations and health follow. */
  changed(trunkId: TrunkId): void
  /**
   * Providers of the organisation, best first: healthy ones by priority and weight (RFC 2782), `unknown` with them, then none.
   * For `emergency` all that exist, disabled and unhealthy ones last: one of them may answer.
   */
  candidates(organisationId: OrganisationId, purpose: 'call' | 'emergency'): readonly Trunk[]
  /** Undefined when the trunk has no room (calls at once, calls per second). Emergency calls always get one. */
  reserve(trunkId: TrunkId, purpose: 'call' | 'emergency'): TrunkSlot | undefined
  /** Within `withinMs` (default 3,000). Never rejects. */
  reach(trunk: Trunk, withinMs?: number): Promise<TrunkReached>
  /** The trunk's flow that is open now, if any: for requests within its dialogs after a reconnection. */
  openFlow(trunkId: TrunkId): Flow | undefined
  /** Whose request this is: by the flow of our registration, a client certificate, or the source address (and never plaintext for a trunk that does not allow it). */
  trunkOf(flow: Flow, request?: SipRequest): Trunk | undefined
  /** True for addresses of enabled trunks: the firewall never bans them, and hears their requests. */
  isTrunkAddress(address: string): boolean
  /** The same, all of them: addresses, and networks in CIDR notation. */
  addresses(): readonly string[]
  /** The Authorization or Proxy-Authorization for a challenge of the trunk's (401, 407), or undefined. Counts nonces. */
  answer(trunk: Trunk, request: SipRequest, response: SipResponse): HeaderPair | undefined
  /** What a call learnt: a dead trunk is not tried again by every call. */
  noteOutcome(trunkId: TrunkId, outcome: 'answered' | 'timeout' | 'refused' | 'unavailable'): void
  status(trunkId: TrunkId): TrunkStatus | undefined
  statuses(): readonly TrunkStatus[]
  /** Registers, or sends OPTIONS, once; for `ringfence trunk test`. */
  test(trunk: Trunk): Promise<TrunkTest>
}

export interface TrunkTest {
  readonly ok: boolean
  /** In order, each with what was found: resolved, connected, tls, certificate, registered or answered. */
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly detail: string }[]
}
