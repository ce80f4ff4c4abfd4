/** The operations on budgets: caps, and what was charged. */
import type { BudgetChange, BudgetLine, BudgetView, CapName, FraudOperations } from '../api/fraud-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { FieldChange } from '../events/outside-events.ts'
import type { BudgetKey, Budgets } from '../fraud/budget/types.ts'
import type { FraudPolicy } from '../fraud/policy.ts'
import { CAP_NAMES } from '../fraud/policy-document.ts'
import { formatMicros, type Micros, parseMicros } from '../fraud/rating/money.ts'
import type { FraudParts } from './fraud-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, refused, unknownExtension } from './operations-result.ts'

const MAXIMUM_OWN_CAPS = 10_000

export function budgetOperations(
  options: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'budgetShow' | 'budgetChange'> {
  const { directory, bus, actor } = options
  const known = (number: string): boolean => directory.extensionByNumber(directory.primary.id, number) !== undefined
  return {
    async budgetShow({ extension }) {
      if (extension !== undefined && !known(extension)) return unknownExtension(extension)
      return attempt(() => budgetView(options, fraud, extension))
    },
    async budgetChange(input) {
      const { id } = directory.primary
      if (input.extension !== undefined && !known(input.extension.number))
        return unknownExtension(input.extension.number)
      const before = fraud.policyOf(id)
      const after = changed(before, input)
      if (!after.ok) return invalid(after.error)
      const foreign = foreignCurrency(fraud, before, after.value)
      if (foreign !== undefined) return foreign
      return attempt(async () => {
        await fraud.savePolicy(after.value)
        const changes = differences(before, after.value)
        if (changes.length > 0) bus.publish('fraud.policy-changed', { actor, changed: changes }, id)
        return budgetView(options, fraud, input.extension?.number)
      })
    },
  }
}

async function budgetView(
  { directory, clock }: OperationsOptions,
  fraud: FraudParts,
  extension: string | undefined,
): Promise<BudgetView> {
  const { id } = directory.primary
  const policy = fraud.policyOf(id)
  const { timeZone } = directory.callingOf(id).schedule
  const payer = extension === undefined ? undefined : directory.extensionByNumber(id, extension)
  const payers = payer === undefined ? [] : [{ payer: payer.id, extension }]
  const shown = await fraud.budgets.show(policy, timeZone, clock.now(), payers)
  const reserved = fraud.live?.reserved()
  return {
    currency: policy.currency,
    timeZone,
    caps: moneyOf({ ...policy.caps }),
    extensionDayCaps: moneyOf(policy.extensionDayCaps),
    maximumCallSeconds: policy.maximumCallSeconds,
    reserved: reserved === undefined ? null : formatMicros(reserved),
    lines: shown.map(each => lineOf(each, extension ?? '')),
  }
}

/** Caps count in the currency of the prices. */
export function foreignCurrency(
  fraud: FraudParts,
  { organisationId, currency }: FraudPolicy,
  after: FraudPolicy,
): OperationResult<never> | undefined {
  if (after.currency === currency || fraud.deckOf(organisationId) === undefined) return undefined
  const message = `the imported prices are in ${currency}; import a deck in ${after.currency} instead: ringfence deck import`
  return refused({ code: 'FRAUD_REFUSED', message })
}

type Shown = Awaited<ReturnType<Budgets['show']>>[number]

const SCOPES: Readonly<Record<BudgetKey['scope'], BudgetLine['scope']>> = {
  'payer-day': 'extension-day',
  'organisation-day': 'organisation-day',
  'organisation-month': 'organisation-month',
  'risky-day': 'risky-day',
}

function lineOf({ key, charged, cap }: Shown, extension: string): BudgetLine {
  const { scope, period } = key
  const perMille = cap > 0 ? Math.floor((charged / cap) * 1_000) : 1_000
  return {
    scope: SCOPES[scope],
    payer: scope === 'payer-day' ? extension : '',
    period,
    charged: formatMicros(charged),
    cap: formatMicros(cap),
    perMille,
  }
}

function changed(policy: FraudPolicy, input: BudgetChange): Result<FraudPolicy, string> {
  const caps: Record<CapName, Micros> = { ...policy.caps }
  for (const name of CAP_NAMES) {
    const text = input[name]
    if (text === undefined) continue
    const amount = parseMicros(text)
    if (!amount.ok) return fail(`${name}: ${amount.error}`)
    caps[name] = amount.value
  }
  const own: Record<string, Micros> = { ...policy.extensionDayCaps }
  if (input.extension !== undefined) {
    const { number, day } = input.extension
    delete own[number]
    if (day !== null) {
      const amount = parseMicros(day)
      if (!amount.ok) return fail(amount.error)
      own[number] = amount.value
    }
    if (Object.keys(own).length > MAXIMUM_OWN_CAPS) return fail(`more than ${MAXIMUM_OWN_CAPS} caps of extensions`)
  }
  return ok({
    ...policy,
    caps,
    extensionDayCaps: own,
    currency: input.currency ?? policy.currency,
    maximumCallSeconds: input.maximumCallSeconds ?? policy.maximumCallSeconds,
  })
}

/** As people read it in the log. */
export function differences(before: FraudPolicy, after: FraudPolicy): readonly FieldChange[] {
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

function moneyOf<K extends string>(amounts: Readonly<Record<K, Micros>>): Record<K, string> {
  const entries = Object.entries<Micros>(amounts).map(([name, amount]) => [name, formatMicros(amount)])
  return Object.fromEntries(entries) as Record<K, string>
}

function invalid(message: string): OperationResult<never> {
  return refused({ code: 'OPERATION_INVALID', message })
}
