/** The policy as a document: read for a replay, changed by one that a replay has shown to be right. */
import type { FraudOperations } from '../api/fraud-operations.ts'
import { describePolicyFault, parsePolicy, policyDocument } from '../fraud/policy-document.ts'
import type { FraudParts } from './fraud-parts.ts'
import { differences, foreignCurrency } from './operations-budget.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, refused } from './operations-result.ts'

export function policyOperations(
  { directory, bus, actor }: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'fraudPolicy' | 'fraudPolicyChange'> {
  return {
    async fraudPolicy() {
      return done(policyDocument(fraud.policyOf(directory.primary.id)))
    },
    async fraudPolicyChange({ file, text }) {
      const before = fraud.policyOf(directory.primary.id)
      const after = parsePolicy(text, before, fraud.rules)
      if (!after.ok) return refused({ code: 'FRAUD_REFUSED', message: describePolicyFault(file, after.error) })
      const foreign = foreignCurrency(fraud, before, after.value)
      if (foreign !== undefined) return foreign
      return attempt(async () => {
        await fraud.savePolicy(after.value)
        const changed = differences(before, after.value)
        if (changed.length > 0) bus.publish('fraud.policy-changed', { actor, changed }, before.organisationId)
        return policyDocument(after.value)
      })
    },
  }
}
