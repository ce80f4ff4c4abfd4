/** What rules about sources see, and what they answer. */
import type { RuleDescription, RuleMode, Thresholds } from '../types.ts'
import type { SourceFinding } from '../sources/types.ts'

/** Who sent it. */
export interface SeenSource {
  readonly address: string
  readonly port: number
  /** `base/network.sourceKey(address)`. */
  readonly key: string
  /** TCP or TLS: the address is no forgery. */
  readonly proven: boolean
  readonly flowId: string | undefined
  /** Registered flow, trunk, this machine, or an address that a phone is registered from now: never the target of a finding. */
  readonly spared: boolean
}

interface Seen {
  /** Milliseconds, of one clock. */
  readonly at: number
  readonly source: SeenSource
}

export type SourceObservation =
  /** Credentials were wrong. `exists`: somebody has this user name; a rule may use it, nothing that a stranger sees may. */
  | (Seen & {
      readonly kind: 'failed'
      readonly username: string
      readonly exists: boolean
      readonly tenant: string | undefined
    })
  /** A nonce that we gave to somebody else, or that was used with the same count before. */
  | (Seen & { readonly kind: 'replayed'; readonly username: string })
  | (Seen & { readonly kind: 'succeeded'; readonly username: string })
  /** Asked without credentials. */
  | (Seen & { readonly kind: 'challenged'; readonly username: string; readonly userAgent: string })
  /** A check of the firewall refused it: `rule` names the check. `target`: user part that was asked for. */
  | (Seen & { readonly kind: 'refused'; readonly rule: string; readonly method: string; readonly target: string })
  /** A user name or number that nobody has and that only an attacker tries. */
  | (Seen & { readonly kind: 'decoy'; readonly name: string })
  | (Seen & { readonly kind: 'connected' })
  /** TLS did not come about, or was torn down: `why` is a short code. */
  | (Seen & { readonly kind: 'handshake-failed'; readonly why: string })

export interface SourceRule extends RuleDescription {
  readonly sees: readonly SourceObservation['kind'][]
  /** One memory for each rule, made anew at start. Everything in it is bounded by `remembered`. */
  create(thresholds: Thresholds, remembered: number, surroundings?: Surroundings): RunningRule
}

export interface Surroundings {
  /** Number of the autonomous system; undefined where nobody knows. */
  asOf(address: string): number | undefined
}

export interface RunningRule {
  /** Constant time. */
  judge(observation: SourceObservation): SourceFinding | undefined
}

export interface Detection {
  observe(observation: SourceObservation): void
}

export interface DetectionOptions {
  readonly modes?: Readonly<Record<string, RuleMode>>
  readonly thresholds?: Readonly<Record<string, Thresholds>>
  /** Sources, and names, that each rule remembers at most. Default 20,000. */
  readonly remembered?: number
  /** Default: nobody knows. */
  asOf?(address: string): number | undefined
  /** Never with a source that is spared. */
  found(finding: SourceFinding, observation: SourceObservation, mode: RuleMode): void
}
