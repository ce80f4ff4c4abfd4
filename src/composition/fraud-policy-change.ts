/** One change of a policy after another: each sees what the one before has made of it, and each is told with before and after. */
import type { OperationResult } from '../api/operations.ts'
import type { FieldChange } from '../events/outside-events.ts'
import type { FraudPolicy } from '../fraud/policy.ts'
import { CAP_NAMES } from '../fraud/policy-document.ts'
import { formatMicros } from '../fraud/rating/money.ts'
import type { FraudParts } from './fraud-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, refused } from './operations-result.ts'

type PolicyOptions = Pick<OperationsOptions, 'directory' | 'bus' | 'actor'>

/** The policy that counts now. */
export function changePolicy(
  options: PolicyOptions,
  fraud: FraudParts,
  change: (before: FraudPolicy) => OperationResult<FraudPolicy>,
): Promise<OperationResult<FraudPolicy>> {
  return fraud.serially(async () => {
    const before = fraud.policyOf(options.directory.primary.id)
    const after = change(before)
    if (!after.ok) return after
    return foreignCurrency(fraud, before, after.value) ?? attempt(() => keep(options, fraud, before, after.value))
  })
}

/** Within `serially`. Throws the store's error. */
export async function keep(
  { bus, actor }: PolicyOptions,
  fraud: FraudParts,
  before: FraudPolicy,
  after: FraudPolicy,
): Promise<FraudPolicy> {
  const changed = differences(before, after)
  if (changed.length === 0) return before
  await fraud.savePolicy(after)
  bus.publish('fraud.policy-changed', { actor, changed }, before.organisationId)
  return after
}

/** Caps count in the currency of the prices. */
function foreignCurrency(
  fraud: FraudParts,
  { organisationId, currency }: FraudPolicy,
  after: FraudPolicy,
): OperationResult<never> | undefined {
  if (after.currency === currency || fraud.deckOf(organisationId) === undefined) return undefined
  const message = `the imported prices are in ${currency}; import a deck in ${after.currency} instead: ringfence deck import`
  return refused({ code: 'FRAUD_REFUSED', message })
}

/** As people read it in the log. */
function differences(before: FraudPolicy, after: FraudPolicy): readonly FieldChange[] {
  const [old, now] = [flat(before), flat(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter(field => old.get(field) !== now.get(field))
    .map(field => ({ field, before: old.get(field) ?? 'as it comes', after: now.get(field) ?? 'as it comes' }))
}

function flat({ currency, caps, extensionDayCaps, maximumCallSeconds, rules }: FraudPolicy): Map<string, string> {
  const fields = new Map<string, string>([
    ['currency', currency],
    ['maximumCallSeconds', String(maximumCallSeconds)],
  ])
  for (const name of CAP_NAMES) fields.set(`caps.${name}`, formatMicros(caps[name]))
  for (const [number, cap] of Object.entries(extensionDayCaps))
    fields.set(`extensionDayCaps.${number}`, formatMicros(cap))
  for (const [id, { mode, response, thresholds = {}, exempt = [] }] of Object.entries(rules)) {
    fields.set(`rules.${id}.mode`, mode)
    if (response !== undefined) fields.set(`rules.${id}.response`, response)
    for (const [name, value] of Object.entries(thresholds)) fields.set(`rules.${id}.thresholds.${name}`, String(value))
    for (const { subject, until } of exempt) fields.set(`rules.${id}.exempt.${subject}`, new Date(until).toISOString())
  }
  return fields
}
