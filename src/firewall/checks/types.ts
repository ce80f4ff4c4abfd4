/** A check on a parsed message: one rule with a name, a reason, and the ones that it is asked about. */
import type { SourceGuard } from '../../guard/source-guard.ts'
import type { RuleMode } from '../../guard/types.ts'
import type { SipMessage } from '../../sip/message/types.ts'
import type { Flow } from '../../sip/transport/types.ts'
import type { Standing } from '../known-source.ts'
import type { RateBuckets } from '../rate-buckets.ts'
import type { Signatures } from '../signatures/signatures.ts'
import type { Verdict } from '../types.ts'
import type { AskedNames } from './asked-names.ts'

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
  readonly modes: Readonly<Record<string, RuleMode>>
  readonly signatures: Signatures
  readonly askedNames: AskedNames
  /** Somebody was challenged on this connection. */
  isAsking(flow: Flow): boolean
  /** A domain of one of our organisations, in lower case. */
  isOurDomain(host: string): boolean
}

export interface MessageCheck {
  /** Stands in events and in `firewall test`. */
  readonly id: string
  /** What it stops, and why. One or two sentences. */
  readonly description: string
  /** Who it is asked about; others pass. */
  readonly standings: readonly Standing[]
  judge(message: SipMessage, context: CheckContext, state: CheckState): Verdict
}

export const STRANGERS: readonly Standing[] = ['unknown']
/** Who has not proven anything on this flow, though an address or a network speaks for them. */
export const UNPROVEN: readonly Standing[] = ['unknown', 'remembered']
export const EVERYBODY: readonly Standing[] = ['machine', 'authenticated', 'trunk', 'network', 'remembered', 'unknown']

export function drop(rule: string, reason: string): Verdict {
  return { kind: 'drop', rule, reason }
}
