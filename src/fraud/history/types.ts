/** What is remembered of each payer and each organisation: bounded, on event time, the same live and in a replay. */
import type { OrganisationId } from '../../base/ids.ts'
import type { Approval } from '../../guard/types.ts'
import type { Micros } from '../rating/money.ts'
import type { FraudObservation, OutsideAttempt, PayerKey } from '../types.ts'

/** An attempt and what became of it. */
export interface PastCall {
  readonly attempt: OutsideAttempt
  readonly allowed: boolean
  /** Undefined: not yet, or never. */
  readonly answeredAt: number | undefined
  readonly endedAt: number | undefined
  readonly durationMs: number
  readonly cost: Micros
  readonly packetsFromUs: number | undefined
}

/** When something was seen first and last, and how often. */
export interface Seen {
  readonly first: number
  readonly last: number
  readonly count: number
}

export interface SeenNumber extends Seen {
  /** When we first called it: who calls us may show any number. */
  readonly dialled: number | undefined
}

export interface MissedCall {
  readonly at: number
  readonly from: string
  readonly ringMs: number
}

/** Slow drift of what is spent, in millionths an hour: see `drift.ts`. */
export interface Drift {
  readonly mean: number
  readonly deviation: number
  readonly sum: number
  readonly hours: number
  /** The hour that is under way, since the epoch; NaN before the first. */
  readonly hour: number
  /** In that hour so far. */
  readonly spent: number
}

export interface AccountHistory {
  /** Newest last; at least the last 256 of a payer, 2,048 of an organisation, and at most twice as many. */
  readonly calls: readonly PastCall[]
  /** Outside legs that ring or talk now. */
  readonly live: readonly PastCall[]
  /** Refusals, newest first; at most 64: rule, what was dialled. */
  readonly refusals: readonly { readonly at: number; readonly rule: string; readonly dialled: string }[]
  /** Countries of calls that were let through, ISO codes; `-` for numbers of no country. */
  readonly countries: ReadonlyMap<string, Seen>
  readonly networks: ReadonlyMap<string, Seen>
  readonly devices: ReadonlyMap<string, Seen>
  /** Country and kind of phone together: `DE Desk phone`; `-` for a country that is not known. */
  readonly places: ReadonlyMap<string, Seen>
  /** The first of all places: no number of others makes it forgotten. */
  readonly firstPlace: string | undefined
  readonly callerIds: ReadonlyMap<string, Seen>
  /** Numbers outside that were talked to, either way; at most 512 of a payer, 16,384 of an organisation, the oldest go. */
  readonly numbers: ReadonlyMap<string, SeenNumber>
  /** The last registration of each device from each country, newest first; at most 32. */
  readonly registrations: readonly Extract<FraudObservation, { kind: 'registered' }>[]
  readonly forwards: readonly Extract<FraudObservation, { kind: 'forward-set' }>[]
  /** Calls from outside that nobody took, newest first; at most 32 of a payer, 1,024 of an organisation. */
  readonly missed: readonly MissedCall[]
  readonly drift: Drift
  /** When it was seen first: event time. */
  readonly since: number
  readonly restoredAt: number | undefined
}

export interface History {
  payer(organisationId: OrganisationId, payer: PayerKey): AccountHistory
  organisation(organisationId: OrganisationId): AccountHistory
  /** Payers of an organisation that called outside since then. */
  activeSince(
    organisationId: OrganisationId,
    at: number,
  ): readonly { readonly payer: PayerKey; readonly history: AccountHistory }[]
  approved(organisationId: OrganisationId, payer: PayerKey, approval: Approval, at: number): boolean
}

export interface RunningHistory extends History {
  /** In order of time; what is a little late is taken as it comes. */
  take(observation: FraudObservation): void
}
