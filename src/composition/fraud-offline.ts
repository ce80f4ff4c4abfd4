/** Toll-fraud control for commands that run without a server: what was kept can be read and changed, and nothing runs. */
import { createBudgets } from '../fraud/budget/budgets.ts'
import { ALL_RULES } from '../fraud/rules/index.ts'
import type { Core } from './core.ts'
import { type FraudParts, openFraudParts } from './fraud-parts.ts'

/** Throws the store's error. */
export function openFraudOffline({ store, directory, clock, logger }: Core): Promise<FraudParts> {
  const repository = store.fraud
  const budgets = createBudgets({
    store: repository.budgets,
    nodeId: store.nodeId,
    onStoreError: error => logger.error({ detail: String(error) }, 'what was spent cannot be counted'),
  })
  return openFraudParts({ repository, directory, clock, rules: ALL_RULES, budgets })
}
