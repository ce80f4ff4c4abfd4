/** Toll-fraud control: the same code judges live calls and, in a replay, recorded ones. */
import type { CallId, OrganisationId } from '../../base/ids.ts'
import type { OrganisationCalling } from '../../directory/calling.ts'
import type { Approval, Decision } from '../../guard/types.ts'
import type { FraudPolicy } from '../policy.ts'
import type { Micros } from '../rating/money.ts'
import type { Rate } from '../rating/deck.ts'
import type { FraudObservation, OutsideAttempt, PayerKey } from '../types.ts'

/** As the network saw it; country and network are found out here. */
export interface RawSource {
  readonly address: string
  readonly userAgent: string
  readonly device: string
}

/** A leg to the outside that somebody wants. Never of an emergency call: those are not asked about. */
export interface LegRequest {
  readonly callId: CallId
  readonly organisationId: OrganisationId
  readonly payer: PayerKey
  /** Number of the extension that pays, for its own cap and for people. */
  readonly extension: string | undefined
  readonly cause: OutsideAttempt['cause']
  readonly e164: string
  readonly callerId: string | undefined
  readonly source: RawSource | undefined
  readonly at: number
}

export interface LegRefusal {
  readonly verdict: 'confirm' | 'block'
  /** 403 as a rule, 503 where the answer cannot be known now. */
  readonly sipCode: number
  readonly rule: string
  /** One sentence for a person. */
  readonly reason: string
  /** What was decided, where a rule of behaviour said it. */
  readonly decision: Decision | undefined
}

export interface LegAllowed {
  readonly verdict: 'allow'
  readonly reservation: string
  readonly paidMs: number
}

/** What a leg cost, and whom it was charged to. */
export interface LegEnd {
  readonly cost: Micros
  readonly durationMs: number
}

/** What decisions do; live they act on calls and extensions, in a replay on the recorded ones. Called at once, never awaited. */
export interface Effects {
  /** No calls to the outside on this account from now on, until somebody restores it. */
  suspend(organisationId: OrganisationId, payer: PayerKey, decision: Decision): void
  /** Outside legs on this account end now. */
  endCalls(organisationId: OrganisationId, payer: PayerKey, decision: Decision): void
  /** For the log and for people: each decision once, dry runs too. `repeated` counts what was the same within a minute. */
  decided(decision: Decision): void
  /** A cap has no room: told once for each cap, payer and period. */
  capReached(refusal: CapReached): void
  /** A leg is over: for the sum of what was spent. */
  charged(leg: LegRequest, rate: Rate, end: LegEnd): void
}

export interface CapReached {
  readonly leg: LegRequest
  readonly rule: string
  readonly reason: string
  /** False: it was running and could not go on. */
  readonly refused: boolean
}

export interface FraudControl {
  /** Synchronous up to the reservation, so that calls are judged in the order in which they came. */
  attempt(leg: LegRequest): Promise<LegAllowed | LegRefusal>
  answered(reservation: string, at: number): void
  extend(reservation: string, at: number): Promise<LegAllowed | LegRefusal>
  /**
   * The leg is gone. `packetsFromUs`: media that we sent to the outside, where it is known; rules hear of the end when it is.
   * Idempotent.
   */
  released(reservation: string, at: number, packetsFromUs?: number | Promise<number | undefined>): LegEnd | undefined
  /** Everything that rules may want to know of beside attempts: registrations, refusals, incoming calls, forwards. */
  observe(observation: Exclude<FraudObservation, OutsideAttempt | { kind: 'allowed' | 'answered' | 'ended' }>): void
  /** Of whom a source is, for observations. */
  sourceOf(raw: RawSource): NonNullable<OutsideAttempt['source']>
  /** Somebody said yes: the pending request and whatever else asks for the same. */
  approve(
    organisationId: OrganisationId,
    payer: PayerKey | undefined,
    approval: Approval,
    at: number,
    until: number,
  ): void
  /** Legs that are reserved or run now. */
  readonly open: number
}

/** What control knows of an organisation. */
export interface ControlDirectory {
  callingOf(organisationId: OrganisationId): OrganisationCalling
}

export type PolicyOf = (organisationId: OrganisationId) => FraudPolicy
