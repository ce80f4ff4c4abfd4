/** What the firewall is asked, what it needs to know, and what it says. */
import type { Clock } from '../base/clock.ts'
import type { Network } from '../base/network.ts'
import type { BlockLists } from '../blocklist/types.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { RuleMode } from '../guard/types.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import type { AuthenticationOutcome } from '../sip/auth/outcome.ts'
import type { SipMessage, SipRequest } from '../sip/message/types.ts'
import type { Flow, InboundFilter } from '../sip/transport/types.ts'

import type { RuleCount, SourceCount } from './drop-counts.ts'
import type { Signatures } from './signatures/signatures.ts'

export type Verdict =
  | { readonly kind: 'pass' }
  /** No answer. `close`: the connection of a stranger, who has nothing to say to us, ends. */
  | { readonly kind: 'drop'; readonly rule: string; readonly reason: string; readonly close?: boolean }
  /** A stateless answer with this status. */
  | {
      readonly kind: 'reject'
      readonly status: number
      readonly rule: string
      readonly reason: string
      readonly headers?: readonly (readonly [string, string])[]
    }

export const PASS: Verdict = { kind: 'pass' }

/** Who is registered from where; the registrar knows. */
export interface RegistrationKnowledge {
  isRegisteredFlow(flowId: string): boolean
  /** A device is registered from this address (IPv6: this /64) now. */
  isRegisteredSource(address: string): boolean
  /** … or was within the last 24 hours. */
  wasRegisteredSource(address: string): boolean
  /** The device with this user name is registered from this address now. */
  isRegisteredSourceOf(username: string, address: string): boolean
}

export interface FirewallLimits {
  /** Messages a second of one unknown source (IPv6: one /64), and how many at once. Default 20. */
  readonly unknownPerSecond: number
  /** Messages a second of one flow that carries a registration or a trusted certificate. Default 200. */
  readonly authenticatedPerSecond: number
  /** Messages a second of one source in a named network. Default 5,000. */
  readonly networkPerSecond: number
  /** Sources remembered; the longest unused makes room. Default 20,000. */
  readonly remembered: number
}

export const DEFAULT_FIREWALL_LIMITS: FirewallLimits = {
  unknownPerSecond: 20,
  authenticatedPerSecond: 200,
  networkPerSecond: 5_000,
  remembered: 20_000,
}

export interface MessageGateOptions {
  readonly clock: Clock
  readonly registrations: RegistrationKnowledge
  readonly events: EventPublisher
  readonly guard: SourceGuard
  /** Networks on the lists of others. Default none. */
  readonly lists?: Pick<BlockLists, 'find'> | undefined
  /** Configured networks whose requests are answered. Default none. */
  readonly knownNetworks?: readonly Network[]
  /** The networks that insecure listeners are bound to. Default none. */
  readonly insecureNetworks?: readonly Network[]
  /** Addresses of trunks: never banned, heard, and allowed as much as a named network. Default none. */
  readonly isTrunkAddress?: ((address: string) => boolean) | undefined
  /** Of attack tools. Default the built-in ones. */
  readonly signatures?: Signatures | undefined
  /** A domain of one of our organisations. Default: every one is. */
  readonly isOurDomain?: ((host: string) => boolean) | undefined
  /** Checks by their ids: one in `dry-run` says what it would stop, and stops nothing. */
  readonly modes?: Readonly<Record<string, RuleMode>> | undefined
  /** Nobody has this name, and only an attacker asks for it. Default: no name is. */
  readonly isDecoy?: ((name: string) => boolean) | undefined
  readonly limits?: Partial<FirewallLimits>
}

export interface MessageGate {
  /** Asked for each parsed message before the transaction layer. First verdict that is no pass wins. */
  admit(message: SipMessage, flow: Flow): Verdict
  /**
   * Asked for each request that cannot be accepted (400, 416, 505 …) before that is said. A stranger who was challenged on this
   * connection is told, so that a phone that is being set up learns what is wrong with it; others get a closed connection.
   */
  mayRefuse(request: SipRequest, flow: Flow): Verdict
  /** As `admit` and `mayRefuse`, and nothing comes of it: no count, no event, no rate. */
  tryAdmit(message: SipMessage, flow: Flow): Verdict
  tryRefuse(request: SipRequest, flow: Flow): Verdict
  /** Of the last day. */
  readonly counts: { rules(): readonly RuleCount[]; sources(limit: number): readonly SourceCount[] }
  readonly signatures: Signatures
  /** Wrong credentials are counted for the account and the source; a challenge is no failure. */
  noteAuthentication(outcome: AuthenticationOutcome, username: string, flow: Flow, request?: SipRequest): void
  /** For the transport: asked before bytes of a stranger cost anything. */
  readonly filter: InboundFilter
  /** For the transport's observer: a connection that did not become a flow. */
  noteRefusedConnection(address: string, reason: string): void
}
