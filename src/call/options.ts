/** What calls are made of, and their bounds. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { OutsideReader } from '../directory/outside-reader.ts'
import type { DirectoryReader } from '../directory/types.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { MediaEngine } from '../media/media-engine.ts'
import type { BindingLookup } from '../registrar/types.ts'
import type { Authenticator } from '../sip/auth/authenticator.ts'
import type { TransactionLayer } from '../sip/transaction/types.ts'
import type { ReportAuthentication } from '../sip/auth/outcome.ts'
import type { Flow, Transport } from '../sip/transport/types.ts'
import type { CallerIdentitySigner, CallerIdentityVerifier } from '../stir/types.ts'
import type { TrunkService } from '../trunk/types.ts'
import type { AdmissionControl } from './admission.ts'
import type { Leg } from './call.ts'
import type { CallRecordRepository } from './call-record.ts'

export interface CallerIdentity {
  readonly signer: CallerIdentitySigner | undefined
  readonly verifier: CallerIdentityVerifier
}

export interface CallServiceOptions {
  readonly clock: Clock
  readonly transactions: TransactionLayer
  readonly transport: Pick<Transport, 'flow' | 'flowToPort' | 'onFlowClosed' | 'keepAlive'>
  readonly directory: DirectoryReader & OutsideReader
  readonly bindings: BindingLookup
  readonly media: MediaEngine
  readonly records: CallRecordRepository
  readonly admission: AdmissionControl
  /** The way to the outside; undefined: there is none. */
  readonly trunks?: TrunkService | undefined
  /** Signs outgoing calls, verifies incoming ones. */
  readonly callerIdentity?: CallerIdentity | undefined
  readonly authenticator: Pick<Authenticator, 'challenge' | 'challengeTag' | 'verify'>
  readonly events: EventPublisher
  readonly logger: Logger
  /** The address to name instead of the local one, behind a one-to-one NAT. */
  readonly externalAddress?: string | undefined
  /** The address to name where a flow's own is a wildcard (UDP on `0.0.0.0`). Default: 127.0.0.1. */
  readonly reachableAddress?: string | undefined
  /** The port that the peer of a flow can reach us by: of a connection that we opened, our own listener's. Default: the flow's. */
  readonly portOf?: ((flow: Flow) => number) | undefined
  /** Calls at once, ringing ones included. Default 2,000. */
  readonly maximumCalls?: number | undefined
  /** Legs at once: a call that rings at ten devices has eleven. Default three for each call. */
  readonly maximumLegs?: number | undefined
  /** Milliseconds that a call may ring. Default 120,000. */
  readonly ringTimeMs?: number | undefined
  /** Seconds of a session without refresh (RFC 4028). Default 1,800. */
  readonly sessionInterval?: number | undefined
  /** Milliseconds that a phone has to come back whose connection closed. Default 30,000. */
  readonly vanishGraceMs?: number | undefined
  /** RFC 3261's T1 in milliseconds, for 2xx and reliable provisional responses. Default 500. */
  readonly T1?: number | undefined
  /** Told of each leg when it begins, before anything is sent on it, and when nothing is expected on it any more. */
  readonly onLeg?: ((leg: Leg, what: 'began' | 'ended') => void) | undefined
  /** Told of credentials that were wrong, and of those that were right: what the firewall counts. */
  readonly onAuthentication?: ReportAuthentication<Flow> | undefined
}

/** Devices of one extension that ring at once. */
export const MAXIMUM_BRANCHES = 10
/** Seconds in Retry-After when a call has to wait for better times. */
export const RETRY_AFTER_SECONDS = 10

export interface CallLimits {
  readonly maximumCalls: number
  readonly maximumLegs: number
  readonly ringTimeMs: number
  readonly sessionInterval: number
  readonly vanishGraceMs: number
  readonly T1: number
}

/** Throws RangeError on a bound that is none. */
export function limitsOf(options: CallServiceOptions): CallLimits {
  const maximumCalls = options.maximumCalls ?? 2_000
  const limits: CallLimits = {
    maximumCalls,
    maximumLegs: options.maximumLegs ?? 3 * maximumCalls + MAXIMUM_BRANCHES,
    ringTimeMs: options.ringTimeMs ?? 120_000,
    sessionInterval: options.sessionInterval ?? 1_800,
    vanishGraceMs: options.vanishGraceMs ?? 30_000,
    T1: options.T1 ?? 500,
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`)
  }
  // RFC 4028 §4: "the absolute minimum for Session-Expires is 90 seconds".
  if (limits.sessionInterval < 90) throw new RangeError('sessionInterval must be at least 90 seconds')
  return limits
}
