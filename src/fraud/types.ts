/** What toll-fraud control sees of calls, in order of event time: live, and from records in a replay. */
import type { CallId, OrganisationId } from '../base/ids.ts'
import type { DestinationClass } from '../routing/types.ts'
import type { Approval, Finding, RuleDescription, Thresholds } from '../guard/types.ts'
import type { History } from './history/types.ts'
import type { Micros } from './rating/money.ts'

/** Who answers for a leg: the id of an extension, or `trunk:NAME` of a PBX behind us, or `number:+49…` of a number that leads outside. */
export type PayerKey = string

interface Observed {
  readonly at: number
  readonly organisationId: OrganisationId
}

/** Where a call, or a registration, came from. */
export interface Source {
  readonly address: string
  /** /24 of IPv4, /48 of IPv6. */
  readonly network: string
  /** Of the address, ISO 3166-1 alpha-2; undefined: not known, or a private one. */
  readonly country: string | undefined
  readonly userAgent: string
  /** The device's user name; empty where it is not known. */
  readonly device: string
}

/** Somebody wants a leg to the outside. Never an emergency call. */
export interface OutsideAttempt extends Observed {
  readonly kind: 'attempt'
  readonly callId: CallId
  readonly payer: PayerKey
  readonly cause: 'dialled' | 'forwarded' | 'transferred' | 'routed'
  readonly e164: string
  readonly country: string | undefined
  readonly class: DestinationClass
  /** Not of the organisation's home country. */
  readonly international: boolean
  readonly perMinute: Micros
  /** What the outside is shown, or the far end claims: E.164. */
  readonly callerId: string | undefined
  /** Of whoever caused it; undefined: a forward of a call from outside, or nobody knows. */
  readonly source: Source | undefined
  /** By the organisation's schedule, holidays included. True where there is none. */
  readonly officeOpen: boolean
}

export type FraudObservation =
  | OutsideAttempt
  /** It was let through; rules never see this for what was stopped. */
  | (Observed & { readonly kind: 'allowed'; readonly callId: CallId; readonly payer: PayerKey })
  /** A policy or a rule said no: closed country, invalid number, cap, rule. Attackers probe. */
  | (Observed & {
      readonly kind: 'refused'
      readonly callId: CallId
      readonly payer: PayerKey
      readonly rule: string
      readonly dialled: string
    })
  | (Observed & { readonly kind: 'answered'; readonly callId: CallId; readonly payer: PayerKey })
  | (Observed & {
      readonly kind: 'ended'
      readonly callId: CallId
      readonly payer: PayerKey
      readonly answered: boolean
      readonly durationMs: number
      readonly cost: Micros
      /** Packets of media that our side sent; undefined: not known. */
      readonly packetsFromUs: number | undefined
    })
  /** A call from outside reached an extension, or nobody. */
  | (Observed & {
      readonly kind: 'incoming'
      readonly callId: CallId
      readonly from: string | undefined
      readonly payer: PayerKey | undefined
      readonly answered: boolean
      readonly ringMs: number
    })
  | (Observed & { readonly kind: 'registered'; readonly payer: PayerKey; readonly source: Source })
  /** A forward to an outside number was set. */
  | (Observed & { readonly kind: 'forward-set'; readonly payer: PayerKey; readonly e164: string })
  /** A person said yes. `payer` undefined: for the whole organisation. */
  | (Observed & {
      readonly kind: 'approved'
      readonly payer: PayerKey | undefined
      readonly approval: Approval
      readonly until: number
    })
  /** A person restored it: what was held against it is forgotten, what is known of it is not. */
  | (Observed & { readonly kind: 'restored'; readonly payer: PayerKey })

/**
 * One behaviour that is wrong. `judge` is asked for each observation, before the history takes it in; it reads and never keeps: all
 * state is the history's, so that live calls and a replay judge alike. It must cost microseconds.
 */
export interface FraudRule extends RuleDescription {
  /** Kinds that it wants to see. */
  readonly sees: readonly FraudObservation['kind'][]
  judge(observation: FraudObservation, history: History, thresholds: Thresholds): Finding | undefined
}
