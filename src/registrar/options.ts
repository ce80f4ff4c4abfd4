/** What a registrar is made of, and its bounds. */
import type { Clock } from '../base/clock.ts'
import type { NodeId } from '../base/ids.ts'
import type { DirectoryReader } from '../directory/types.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { Authenticator } from '../sip/auth/authenticator.ts'
import type { ReportAuthentication } from '../sip/auth/outcome.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { BindingRepository } from './types.ts'

/** The part of sip/auth's authenticator that registrations need. */
export type RegistrationAuthenticator = Pick<Authenticator, 'challenge' | 'challengeTag' | 'verify'>

export interface RegistrarLimits {
  /** Seconds. Shorter than this gets 423. Default 60. */
  readonly minimumExpires: number
  /** Seconds, where the phone asks for nothing. Default 600. */
  readonly defaultExpires: number
  /** Seconds; more is shortened. Default 3,600. */
  readonly maximumExpires: number
  /** Bindings of one device; the oldest makes room. Default 10. */
  readonly bindingsPerDevice: number
  /** Bindings in all; above it 503. Default 100,000. */
  readonly maximumBindings: number
  /** Source addresses remembered for 24 h; the longest unused makes room. Default 100,000. */
  readonly maximumSources: number
  /** Seconds in `Flow-Timer` (RFC 5626 §4.4.2). Default 120. */
  readonly flowTimer: number
}

export const DEFAULT_REGISTRAR_LIMITS: RegistrarLimits = {
  minimumExpires: 60,
  defaultExpires: 600,
  maximumExpires: 3_600,
  bindingsPerDevice: 10,
  maximumBindings: 100_000,
  maximumSources: 100_000,
  flowTimer: 120,
}

export interface RegistrarOptions {
  readonly clock: Clock
  readonly directory: DirectoryReader
  readonly repository: BindingRepository
  readonly authenticator: RegistrationAuthenticator
  readonly nodeId: NodeId
  readonly events: EventPublisher
  readonly limits?: Partial<RegistrarLimits>
  /** Told of every outcome: what the firewall counts. */
  readonly onAuthentication?: ReportAuthentication<Flow>
  /** Told when bindings could not be written; they are tried again. */
  readonly onStoreError?: (error: unknown) => void
}
