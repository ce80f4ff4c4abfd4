/** Many charges and refunds as one call of `change_budgets`: each counter is named once. */
import type { BudgetClaim, BudgetKey, BudgetShort } from '../../fraud/budget/types.ts'
import type { Micros } from '../../fraud/rating/money.ts'
import { isUuid, tokenArray } from '../columns.ts'

export interface Refund {
  readonly key: BudgetKey
  readonly amount: Micros
}

export type Outcome = { readonly granted: true } | BudgetShort
export type Entry = readonly BudgetClaim[]

const MAXIMUM_TEXT = 200

export function isAcceptable({ key, amount }: Refund): boolean {
  const { organisationId, scope, subject, period } = key
  const texts = [scope, subject, period]
  return (
    isUuid(organisationId) &&
    texts.every(text => text.length <= MAXIMUM_TEXT && !text.includes('\0')) &&
    Number.isSafeInteger(amount) &&
    amount >= 0
  )
}

/** Of `change_budgets`, behind the writer and its turn. */
export function statementValues(entries: readonly Entry[], refunds: readonly Refund[]): readonly unknown[] {
  const numbers = new Map<string, number>()
  const keys: BudgetKey[] = []
  const back: number[] = []
  const numberOf = (key: BudgetKey): number => {
    const text = `${key.organisationId} ${key.period} ${key.scope} ${key.subject}`
    const known = numbers.get(text)
    if (known !== undefined) return known
    const number = keys.push(key)
    numbers.set(text, number)
    back.push(0)
    return number
  }
  for (const { key, amount } of refunds) {
    const index = numberOf(key) - 1
    back[index] = Math.min(back[index]! + amount, Number.MAX_SAFE_INTEGER)
  }
  const ends: number[] = []
  const counters: number[] = []
  const amounts: number[] = []
  const caps: number[] = []
  for (const entry of entries) {
    for (const { key, amount, cap } of entry) {
      counters.push(numberOf(key))
      amounts.push(amount)
      caps.push(cap)
    }
    ends.push(counters.length)
  }
  return [...keyColumns(keys), ...[back, ends, counters, amounts, caps].map(tokenArray)]
}

export function keyColumns(keys: readonly BudgetKey[]): readonly unknown[] {
  return [
    tokenArray(keys.map(key => key.organisationId)),
    keys.map(key => key.period),
    keys.map(key => key.scope),
    keys.map(key => key.subject),
  ]
}

/** What `change_budgets` says of the entries: behind the count of counters, the claim that was short (or 0) and what is left. */
export function outcomesOf(entries: readonly Entry[], result: readonly number[]): readonly Outcome[] {
  return entries.map((entry, index) => {
    const short = result[1 + index * 2]
    if (short === 0) return { granted: true }
    return { granted: false, key: entry[short! - 1]!.key, left: result[2 + index * 2] as Micros }
  })
}
