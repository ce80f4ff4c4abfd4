/** Policies, prices, budgets and decisions of a system, live or on the store alone: what toll-fraud control and its operator share. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { newId, type OrganisationId } from '../base/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import { type FraudPolicy, defaultPolicy } from '../fraud/policy.ts'
import type { Budgets } from '../fraud/budget/types.ts'
import { createDeckBuilder, type Deck } from '../fraud/rating/deck.ts'
import type { Micros } from '../fraud/rating/money.ts'
import { createTariff, type Tariff } from '../fraud/rating/tariff.ts'
import type { FraudRepository, Settled, StoredDeck } from '../fraud/repository.ts'
import type { FraudRule, PayerKey } from '../fraud/types.ts'
import { createDecisionTable, type DecisionTable, type KeptDecision } from '../guard/enforce/decision-table.ts'
import type { Approval } from '../guard/types.ts'

export interface DeckFacts {
  readonly name: string
  readonly currency: string
  readonly rates: number
  readonly importedAt: number
}

/** What only running calls know. */
export interface LiveFraud {
  /** Rules hear of it. */
  approve(
    organisationId: OrganisationId,
    payer: PayerKey | undefined,
    approval: Approval,
    at: number,
    until: number,
  ): void
  /** What live legs were charged and have not used. */
  reserved(): Micros
}

export interface FraudParts {
  readonly rules: readonly FraudRule[]
  readonly decisions: DecisionTable
  policyOf(organisationId: OrganisationId): FraudPolicy
  tariffOf(organisationId: OrganisationId): Tariff
  /** Undefined: the built-in prices count. */
  deckOf(organisationId: OrganisationId): DeckFacts | undefined
  /** The rates themselves. */
  rateDeckOf(organisationId: OrganisationId): Deck | undefined
  /** One change of a policy or a deck after another. */
  serially<T>(change: () => Promise<T>): Promise<T>
  /** Durable, and in force for the next call, when it resolves. */
  savePolicy(policy: FraudPolicy): Promise<void>
  saveDeck(deck: StoredDeck): Promise<void>
  removeDeck(organisationId: OrganisationId): Promise<void>
  /** The newest, newest first; older ones than the table holds as well. */
  pastDecisions(limit: number): Promise<readonly KeptDecision[]>
  saveDecision(decision: KeptDecision, settled?: Settled): Promise<void>
  approve(organisationId: OrganisationId, payer: PayerKey | undefined, approval: Approval, until: number): Promise<void>
  readonly budgets: Pick<Budgets, 'show'>
  /** Undefined where no server runs. */
  live: LiveFraud | undefined
}

export interface FraudPartsOptions {
  readonly repository: FraudRepository
  readonly directory: DirectoryService
  readonly clock: Clock
  readonly rules: readonly FraudRule[]
  readonly budgets: Pick<Budgets, 'show'>
}

/** Decisions that are read at the start: as many as the table holds. */
const MAXIMUM_DECISIONS = 100_000

/** Reads what was kept. Throws the store's error. */
export async function openFraudParts(options: FraudPartsOptions): Promise<FraudParts> {
  const { repository, directory, clock, rules, budgets } = options
  const policies = new Map((await repository.loadPolicies()).map(each => [each.organisationId, each]))
  const decks = new Map<OrganisationId, OpenDeck>()
  for (const deck of await repository.loadDecks()) decks.set(deck.organisationId, await openDeck(deck))
  const decisions = createDecisionTable({ limit: MAXIMUM_DECISIONS })
  decisions.restoreFrom((await repository.loadDecisions(MAXIMUM_DECISIONS)).map(each => each.decision))
  const homeOf = (organisationId: OrganisationId): string => directory.callingOf(organisationId).country
  let last: Promise<unknown> = Promise.resolve()
  const parts: FraudParts = {
    rules,
    decisions,
    budgets,
    live: undefined,
    policyOf: organisationId => policies.get(organisationId) ?? defaultPolicy(organisationId, homeOf(organisationId)),
    tariffOf: organisationId =>
      createTariff({ deck: decks.get(organisationId)?.deck, homeCountry: homeOf(organisationId) }),
    deckOf: organisationId => decks.get(organisationId)?.facts,
    rateDeckOf: organisationId => decks.get(organisationId)?.deck,
    serially(change) {
      const result = last.then(change)
      last = result.catch(() => undefined)
      return result
    },
    async savePolicy(policy) {
      await repository.savePolicy(policy)
      policies.set(policy.organisationId, policy)
    },
    async saveDeck(deck) {
      await repository.saveDeck(deck)
      decks.set(deck.organisationId, await openDeck(deck))
    },
    async removeDeck(organisationId) {
      await repository.removeDeck(organisationId)
      decks.delete(organisationId)
    },
    async pastDecisions(limit) {
      const stored = await repository.loadDecisions(limit)
      return stored.map(each => decisions.get(each.decision.id) ?? each.decision).toReversed()
    },
    saveDecision: (decision, settled) => repository.saveDecision(decision, settled),
    async approve(organisationId, payer, approval, until) {
      const at = clock.now()
      await repository.saveApproval({ id: newId(at), organisationId, payer, approval, at, until, undoneAt: undefined })
      parts.live?.approve(organisationId, payer, approval, at, until)
    },
  }
  return parts
}

interface OpenDeck {
  readonly facts: DeckFacts
  readonly deck: Deck
}

/** A few milliseconds at a time: calls go on meanwhile. */
const RATES_AT_ONCE = 4_000

async function openDeck({ name, currency, importedAt, rates }: StoredDeck): Promise<OpenDeck> {
  const builder = createDeckBuilder(currency)
  for (let from = 0; from < rates.length; from += RATES_AT_ONCE) {
    builder.add(rates.slice(from, from + RATES_AT_ONCE))
    await nextTurn()
  }
  return { facts: { name, currency, importedAt, rates: rates.length }, deck: builder.deck() }
}
