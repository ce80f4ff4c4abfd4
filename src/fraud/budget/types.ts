/** Budgets: what was charged to whom in which period, and never more than the cap. */
import type { OrganisationId } from '../../base/ids.ts'
import type { Result } from '../../base/result.ts'
import type { DestinationClass } from '../../routing/types.ts'
import type { FraudPolicy } from '../policy.ts'
import type { Micros } from '../rating/money.ts'
import type { Price } from '../rating/price.ts'
import type { PayerKey } from '../types.ts'

export interface BudgetKey {
  readonly organisationId: OrganisationId
  readonly scope: 'payer-day' | 'organisation-day' | 'organisation-month' | 'risky-day'
  /** The payer, or empty. */
  readonly subject: string
  /** Local date or month of the organisation: `2026-11-23`, `2026-11`. */
  readonly period: string
}

export interface BudgetClaim {
  readonly key: BudgetKey
  readonly amount: Micros
  readonly cap: Micros
}

export interface BudgetShort {
  readonly granted: false
  /** The first that has not enough, and what is left of it. */
  readonly key: BudgetKey
  readonly left: Micros
}

/** Where budgets are kept; the database's, or memory in a replay. Every change is durable when its promise resolves. */
export interface BudgetStore {
  /** Each entry as a whole or not at all, atomically over all nodes: afterwards no counter is above its cap. */
  charge(entries: readonly (readonly BudgetClaim[])[]): Promise<readonly ({ readonly granted: true } | BudgetShort)[]>
  /** Gives back what was charged and not spent. Never below zero. */
  refund(entries: readonly { readonly key: BudgetKey; readonly amount: Micros }[]): Promise<void>
  /** Charged so far; 0 where nothing was. */
  charged(keys: readonly BudgetKey[]): Promise<readonly Micros[]>
}

export interface BudgetRequest {
  readonly organisationId: OrganisationId
  readonly payer: PayerKey
  /** Extension number, for its own cap. */
  readonly extension: string | undefined
  readonly class: DestinationClass
  readonly price: Price
  readonly policy: FraudPolicy
  /** IANA name; periods are local. */
  readonly timeZone: string
  readonly at: number
}

export interface Reserved {
  readonly reservation: string
  /** Milliseconds after the answer that are paid for, with a margin for the way of the BYE. */
  readonly paidMs: number
}

export interface BudgetRefusal {
  /** `FRAUD_CAP_CALL`, `FRAUD_CAP_EXTENSION_DAY`, `FRAUD_CAP_ORGANISATION_DAY`, `FRAUD_CAP_ORGANISATION_MONTH`, `FRAUD_CAP_RISKY_DAY`, `FRAUD_MAXIMUM_DURATION`, `FRAUD_STORE_GONE`, `FRAUD_NOT_RESERVED` */
  readonly rule: string
  readonly reason: string
}

/** Reservations of one process. A call is never connected for longer than what was charged for it before. */
export interface Budgets {
  open(request: BudgetRequest): Promise<Result<Reserved, BudgetRefusal>>
  answered(reservation: string, at: number): void
  /** The next increments; the same reservation. */
  extend(reservation: string, at: number): Promise<Result<Reserved, BudgetRefusal>>
  /** Gives back what was not used; what it cost. Idempotent; 0 for what is not known. */
  close(reservation: string, at: number): Micros
  /** Charged until now in the periods of this moment. */
  show(
    policy: FraudPolicy,
    timeZone: string,
    at: number,
    /** Whose own day is shown as well. Default: nobody's. */
    payers?: readonly { readonly payer: PayerKey; readonly extension: string | undefined }[],
  ): Promise<readonly { readonly key: BudgetKey; readonly charged: Micros; readonly cap: Micros }[]>
  /** Charged to legs that are not over. */
  readonly reserved: Micros
  /** Waits until all that was given back is durable. */
  stop(): Promise<void>
}
