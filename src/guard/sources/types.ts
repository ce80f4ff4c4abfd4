/** Decisions about where messages come from and whom they claim to be: bans, accounts that back off, and what is always let in. */
import type { Evidence, RuleMode } from '../types.ts'

/**
 * What a decision is about, narrow to wide.
 * `flow`: the id of one connection. `socket`: `192.0.2.1 5060`, one UDP source, which can be forged. `address`: an IPv4 address, or an
 * IPv6 /64 (`base/network.sourceKey`). `network`: CIDR. `as`: `AS64500`. `country`: ISO 3166-1 alpha-2. `account`: the user name in
 * credentials, which only backs off for strangers.
 */
export type TargetKind = 'flow' | 'socket' | 'address' | 'network' | 'as' | 'country' | 'account'

export interface Target {
  readonly kind: TargetKind
  readonly value: string
}

/** `ban`: nothing is answered. `back-off`: an account takes no credentials from strangers. `allow`: no ban is asked about it. */
export type SourceAction = 'ban' | 'back-off' | 'allow'

/** Who said so: a rule that saw it, a person who was told whom it hits and meant it, or a list or configuration that was loaded. */
export type SourceOrigin = 'rule' | 'operator' | 'list'

export interface SourceDecision {
  readonly id: string
  readonly target: Target
  readonly action: SourceAction
  /** `GUARD_…`, a check of the firewall, `operator`, or the name of a list. */
  readonly rule: string
  /** One sentence for a person. */
  readonly reason: string
  readonly evidence: Evidence
  readonly origin: SourceOrigin
  readonly mode: RuleMode
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Undefined: until somebody takes it back. Only an operator's has none. */
  readonly expiresAt: number | undefined
  /** How many times the same target was decided before within 30 days: durations grow with it. */
  readonly repeat: number
  readonly state: 'in-force' | 'expired' | 'undone'
  readonly undoneBy?: string | undefined
  readonly undoneAt?: number | undefined
}

/** What a rule asks for. The policy makes a decision of it. */
export interface SourceFinding {
  readonly target: Target
  readonly action: Exclude<SourceAction, 'allow'>
  readonly rule: string
  readonly reason: string
  readonly evidence: Evidence
}

/** What the firewall asks for every datagram, connection and message: microseconds, and no allocation where there is nothing. */
export interface SourceLookup {
  /** False: nobody needs to ask about bans. */
  readonly anyBan: boolean
  /** The narrowest ban in force for this source, unless it is allowed, spared (a registered phone, a trunk, the machine) or dry-run. */
  banOf(source: AskedSource, now: number): SourceDecision | undefined
  readonly anyBackOff: boolean
  /** The account takes no credentials from this address: not registered from there, nor proven there within 24 hours, nor allowed. */
  backOffOf(username: string, address: string, now: number): SourceDecision | undefined
  isAllowed(address: string): boolean
}

export interface AskedSource {
  readonly address: string
  readonly port: number
  /** A connection proves the address; a datagram does not. */
  readonly proven: boolean
  readonly flowId?: string | undefined
}

/** Never banned, whatever is decided: asked at each look-up, so that a phone that registers is free at once. */
export interface Spared {
  isRegisteredSource(address: string): boolean
  isRegisteredSourceOf(username: string, address: string): boolean
  isTrunkAddress(address: string): boolean
}

export interface SourceTable extends SourceLookup {
  /**
   * A finding about a target that is decided already prolongs it; durations grow with repeats. Undefined: spared, allowed, or nothing new.
   * `mode`: of the rule, default `on`. What is decided may be `dry-run` all the same: a rule's ban of a network, system or country.
   */
  decide(finding: SourceFinding, now: number, mode?: RuleMode): SourceDecision | undefined
  /** By a person: wins over what rules found. `minutes` undefined: until taken back. */
  put(decision: OperatorDecision, now: number): SourceDecision
  /** Every decision in force with this target, or with this id; with an address those about its ports, too. */
  undo(targetOrId: Target | string, by: string, now: number): readonly SourceDecision[]
  noteProven(username: string, address: string, now: number): void
  explain(subject: string, now: number): Explanation
  /** In force, newest first. */
  list(now: number, limit?: number): readonly SourceDecision[]
  count(now: number): Readonly<Record<SourceAction, number>>
  /** How often it stopped something in this process. */
  hitsOf(decision: SourceDecision): number
  /** Those that are over count as repeats. */
  restoreFrom(decisions: readonly SourceDecision[], now: number): void
  /** What another node decided, or took back. Not told again. */
  adopt(decisions: readonly SourceDecision[], now: number): void
}

export interface OperatorDecision {
  readonly target: Target
  readonly action: SourceAction
  readonly reason: string
  readonly by: string
  readonly minutes?: number | undefined
}

/** Everything that speaks about one address, network or user name, and why it is let in or not. */
export interface Explanation {
  readonly subject: string
  readonly verdict: 'open' | 'banned' | 'backing-off' | 'allowed' | 'spared'
  /** Sentences for a person, the deciding one first. */
  readonly because: readonly string[]
  readonly decisions: readonly SourceDecision[]
}
