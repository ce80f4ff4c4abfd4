/** What toll-fraud control keeps over a restart. */
import type { OrganisationId } from '../base/ids.ts'
import type { KeptDecision } from '../guard/enforce/decision-table.ts'
import type { Approval } from '../guard/types.ts'
import type { BudgetStore } from './budget/types.ts'
import type { FraudPolicy } from './policy.ts'
import type { Currency, Rate } from './rating/deck.ts'
import type { PayerKey } from './types.ts'

/** As it was imported. */
export interface StoredDeck {
  readonly organisationId: OrganisationId
  readonly name: string
  readonly currency: Currency
  readonly importedAt: number
  readonly rates: readonly Rate[]
}

/** How a decision was settled before its time. */
export interface Settled {
  readonly at: number
  /** Who did it, in words for a person. */
  readonly by: string
  readonly reason: string
}

export interface StoredDecision {
  readonly decision: KeptDecision
  readonly settled: Settled | undefined
}

export interface StoredApproval {
  readonly id: string
  readonly organisationId: OrganisationId
  /** Undefined: for the whole organisation. */
  readonly payer: PayerKey | undefined
  readonly approval: Approval
  readonly at: number
  readonly until: number
  readonly undoneAt: number | undefined
}

/** Every write is durable when its promise resolves. */
export interface FraudRepository {
  readonly budgets: BudgetStore
  loadPolicies(): Promise<readonly FraudPolicy[]>
  /** One for each organisation. */
  savePolicy(policy: FraudPolicy): Promise<void>
  loadDecks(): Promise<readonly StoredDeck[]>
  /** One for each organisation, replaced as a whole. Up to 1,000,000 rates. */
  saveDeck(deck: StoredDeck): Promise<void>
  removeDeck(organisationId: OrganisationId): Promise<void>
  /** The newest, at most so many, in order of time. */
  loadDecisions(limit: number): Promise<readonly StoredDecision[]>
  /** A decision that was saved before is replaced. Waits while the database is away. */
  saveDecision(decision: KeptDecision, settled?: Settled): Promise<void>
  /** Those that are not over at that time, undone ones left out. */
  loadApprovals(at: number): Promise<readonly StoredApproval[]>
  saveApproval(approval: StoredApproval): Promise<void>
}
