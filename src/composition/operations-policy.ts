/** The policy as a document: read for a replay, changed by one that a replay has shown to be right. */
import type { FraudOperations } from '../api/fraud-operations.ts'
import { describePolicyFault, parsePolicy, policyDocument } from '../fraud/policy-document.ts'
import type { FraudParts } from './fraud-parts.ts'
import { changePolicy } from './fraud-policy-change.ts'
import type { OperationsOptions } from './operations.ts'
import { done, refused } from './operations-result.ts'

export function policyOperations(
  options: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'fraudPolicy' | 'fraudPolicyChange'> {
  return {
    async fraudPolicy() {
      return done(policyDocument(fraud.policyOf(options.directory.primary.id)))
    },
    async fraudPolicyChange({ file, text }) {
      const after = await changePolicy(options, fraud, before => {
        const wanted = parsePolicy(text, before, fraud.rules)
        if (wanted.ok) return wanted
        return refused({ code: 'FRAUD_REFUSED', message: describePolicyFault(file, wanted.error) })
      })
      return after.ok ? done(policyDocument(after.value)) : after
    },
  }
}
