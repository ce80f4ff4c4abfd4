/** The operations on budgets: caps, and what was charged. */
import type { BudgetChange, BudgetLine, BudgetView, CapName, FraudOperations } from '../api/fraud-operations.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { BudgetKey, Budgets } from '../fraud/budget/types.ts'
import type { FraudPolicy } from '../fraud/policy.ts'
import { CAP_NAMES } from '../fraud/policy-document.ts'
import { formatMicros, type Micros, parseMicros } from '../fraud/rating/money.ts'
import type { FraudParts } from './fraud-parts.ts'
import { changePolicy } from './fraud-policy-change.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, refused, unknownExtension } from './operations-result.ts'

const MAXIMUM_OWN_CAPS = 10_000

export function budgetOperations(
  options: OperationsOptions,
  fraud: FraudParts,
): Pick<FraudOperations, 'budgetShow' | 'budgetChange'> {
  const { directory } = options
  const known = (number: string): boolean => directory.extensionByNumber(directory.primary.id, number) !== undefined
  return {
    async budgetShow({ extension }) {
      if (extension !== undefined && !known(extension)) return unknownExtension(extension)
      return attempt(() => budgetView(options, fraud, extension))
    },
    async budgetChange(input) {
      if (input.extension !== undefined && !known(input.extension.number))
        return unknownExtension(input.extension.number)
      const after = await changePolicy(options, fraud, before => {
        const wanted = changed(before, input)
        return wanted.ok ? done(wanted.value) : refused({ code: 'OPERATION_INVALID', message: wanted.error })
      })
      return after.ok ? attempt(() => budgetView(options, fraud, input.extension?.number)) : after
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

function moneyOf<K extends string>(amounts: Readonly<Record<K, Micros>>): Record<K, string> {
  const entries = Object.entries<Micros>(amounts).map(([name, amount]) => [name, formatMicros(amount)])
  return Object.fromEntries(entries) as Record<K, string>
}
