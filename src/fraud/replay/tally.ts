/** What a replay adds up to, for machines and for people. */
import type { CallOutcome } from './replay.ts'
import { formatMicros, microsOf } from '../rating/money.ts'

export interface Sums {
  calls: number
  allowed: number
  blocked: number
  cut: number
  /** Millionths. */
  spent: number
  spentWithout: number
  attackCalls: number
  attackCost: number
  attackCostWithout: number
  legitimateCalls: number
  legitimateDisturbed: number
  labelled: number
}

export interface RuleSums {
  blocked: number
  cut: number
  confirmed: number
  disturbed: number
  /** What the calls that it stopped would have cost beyond what they did. */
  saved: number
}

export class Tally {
  readonly sums: Sums = {
    calls: 0,
    allowed: 0,
    blocked: 0,
    cut: 0,
    spent: 0,
    spentWithout: 0,
    attackCalls: 0,
    attackCost: 0,
    attackCostWithout: 0,
    legitimateCalls: 0,
    legitimateDisturbed: 0,
    labelled: 0,
  }
  readonly byRule = new Map<string, RuleSums>()
  /** Saved, by extension. */
  readonly byExtension = new Map<string, number>()
  /** The first that were stopped, and honest ones among them. */
  readonly examples: CallOutcome[] = []
  readonly disturbed: CallOutcome[] = []

  add(outcome: CallOutcome): void {
    const { sums } = this
    const { call, cost, costWithout, verdict, stopped } = outcome
    sums.calls++
    if (verdict === 'cut') sums.cut++
    else if (stopped) sums.blocked++
    else sums.allowed++
    sums.spent += cost
    sums.spentWithout += costWithout
    if (call.label !== undefined) sums.labelled++
    if (call.label === 'attack') {
      sums.attackCalls++
      sums.attackCost += cost
      sums.attackCostWithout += costWithout
    } else if (call.label === 'legitimate') {
      sums.legitimateCalls++
      if (outcome.disturbing) sums.legitimateDisturbed++
    }
    if (outcome.rule !== undefined) this.#noteRule(outcome, outcome.rule)
    if (stopped && this.examples.length < MAXIMUM_EXAMPLES) this.examples.push(outcome)
    const isHonest = call.label === 'legitimate' && outcome.disturbing
    if (isHonest && this.disturbed.length < MAXIMUM_EXAMPLES) this.disturbed.push(outcome)
  }

  #noteRule(outcome: CallOutcome, rule: string): void {
    const sums = this.byRule.get(rule) ?? { blocked: 0, cut: 0, confirmed: 0, disturbed: 0, saved: 0 }
    const { call, cost, costWithout, verdict, stopped } = outcome
    if (verdict === 'cut') sums.cut++
    else if (stopped) sums.blocked++
    else sums.confirmed++
    if (outcome.disturbing && call.label === 'legitimate') sums.disturbed++
    const saved = stopped ? Math.max(0, costWithout - cost) : 0
    sums.saved += saved
    this.byRule.set(rule, sums)
    if (saved > 0 && (this.byExtension.has(call.extension) || this.byExtension.size < MAXIMUM_EXTENSIONS)) {
      this.byExtension.set(call.extension, (this.byExtension.get(call.extension) ?? 0) + saved)
    }
  }
}

const MAXIMUM_EXAMPLES = 20
const MAXIMUM_EXTENSIONS = 100_000

/** Money as a number of units, as JSON has it: exact to the millionth in the text. */
export function amountOf(micros: number): number {
  return Number(formatMicros(microsOf(micros)))
}

/** The public form: one line for each call. */
export function outcomeDocument(outcome: CallOutcome): Readonly<Record<string, unknown>> {
  const { call, verdict, at, rule, reason, cost, cutAfterSeconds } = outcome
  return {
    id: call.id,
    verdict,
    at: new Date(at).toISOString(),
    rule: rule ?? null,
    reason: reason ?? null,
    cost: amountOf(cost),
    cut_after_s: cutAfterSeconds ?? null,
  }
}

/** And one line for all. */
export function summaryDocument({ sums }: Tally, suspended: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    summary: true,
    calls: sums.calls,
    allowed: sums.allowed,
    blocked: sums.blocked,
    cut: sums.cut,
    suspended,
    spent: amountOf(sums.spent),
    attack_cost: amountOf(sums.attackCost),
    attack_cost_without: amountOf(sums.attackCostWithout),
    legitimate_disturbed: sums.legitimateDisturbed,
  }
}
