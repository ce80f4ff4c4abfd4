/** For tests: keeps everything in memory. */
import type { OrganisationId } from '../base/ids.ts'
import { createMemoryBudgetStore } from './budget/memory-store.ts'
import type { FraudPolicy } from './policy.ts'
import type { FraudRepository, StoredApproval, StoredDecision, StoredDeck } from './repository.ts'

export function createFakeFraudRepository(): FraudRepository {
  const policies = new Map<OrganisationId, FraudPolicy>()
  const decks = new Map<OrganisationId, StoredDeck>()
  const decisions = new Map<string, StoredDecision>()
  const approvals = new Map<string, StoredApproval>()
  return {
    budgets: createMemoryBudgetStore(),
    loadPolicies: async () => [...policies.values()],
    savePolicy: async policy => void policies.set(policy.organisationId, policy),
    loadDecks: async () => [...decks.values()],
    saveDeck: async deck => void decks.set(deck.organisationId, deck),
    removeDeck: async organisationId => void decks.delete(organisationId),
    loadDecisions: async limit =>
      [...decisions.values()].toSorted((a, b) => a.decision.at - b.decision.at).slice(limit === 0 ? Infinity : -limit),
    saveDecision: async (decision, settled) => void decisions.set(decision.id, { decision, settled }),
    loadApprovals: async at => [...approvals.values()].filter(each => each.until > at && each.undoneAt === undefined),
    saveApproval: async approval => void approvals.set(approval.id, approval),
  }
}
