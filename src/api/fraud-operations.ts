/**
 * What an operator can ask about toll fraud: prices, budgets, rules, decisions. Money is text with a point (`12.50`) in the
 * organisation's currency; who pays is the number of an extension, `trunk:NAME` or `number:+49…`.
 */
import type { OperationResult } from './operations.ts'

export interface DeckView {
  readonly source: 'imported' | 'built-in'
  readonly name: string
  readonly currency: string
  /** Null where it is computed and not listed. */
  readonly rates: number | null
  readonly importedAt: number | null
}

/** One line of a deck as it is handed over: money in millionths, which are whole numbers. */
export interface RateInput {
  readonly prefix: string
  readonly name: string
  readonly perMinute: number
  readonly connectionFee: number
  readonly minimumSeconds: number
  readonly incrementSeconds: number
  readonly validFrom: number | null
}

export type CapName = 'call' | 'extensionDay' | 'organisationDay' | 'organisationMonth' | 'riskyDay'

/** How long one call lasts until a cap that nothing was charged to yet has no room. */
export interface Allowance {
  readonly limit: CapName | 'maximumDuration'
  /** Null for the maximum duration. */
  readonly cap: string | null
  readonly seconds: number
}

export interface PriceView {
  readonly e164: string
  readonly country: string | null
  readonly class: 'ordinary' | 'special-service' | 'fraud-prone'
  readonly currency: string
  readonly perMinute: string
  readonly connectionFee: string
  readonly minimumSeconds: number
  readonly incrementSeconds: number
  readonly source: 'imported' | 'built-in'
  /** Of the rate that counts: digits without `+`. */
  readonly prefix: string
  readonly name: string
  /** Why it cannot be called now, whatever it costs: a closed country or class. Null: it can. */
  readonly closed: string | null
  /** The tightest first. */
  readonly allowed: readonly Allowance[]
}

export interface BudgetLine {
  readonly scope: 'extension-day' | 'organisation-day' | 'organisation-month' | 'risky-day'
  /** Empty for the organisation. */
  readonly payer: string
  /** `2026-11-23`, `2026-11`: of the organisation's time zone. */
  readonly period: string
  /** What was spent, and what live calls have reserved. */
  readonly charged: string
  readonly cap: string
  /** 1,000 is all; more where a cap was lowered. */
  readonly perMille: number
}

export interface BudgetView {
  readonly currency: string
  readonly timeZone: string
  readonly caps: Readonly<Record<CapName, string>>
  readonly extensionDayCaps: Readonly<Record<string, string>>
  readonly maximumCallSeconds: number
  /** Part of what is charged: of calls that run. Null where it is not known: no server runs. */
  readonly reserved: string | null
  readonly lines: readonly BudgetLine[]
}

export interface BudgetChange extends Partial<Readonly<Record<CapName, string>>> {
  readonly currency?: string
  readonly maximumCallSeconds?: number
  /** Then `extensionDay` is of this one alone; null takes it away. */
  readonly extension?: { readonly number: string; readonly day: string | null }
}

export interface ThresholdView {
  readonly name: string
  readonly value: number
  /** As the rule comes. */
  readonly standard: number
}

export type FraudResponse = 'alert' | 'confirm' | 'block' | 'block-destination' | 'end-calls' | 'suspend'

export interface FraudRuleView {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly mode: 'on' | 'dry-run'
  /** Instead of what the rule says; null: as the rule says. */
  readonly response: FraudResponse | null
  readonly thresholds: readonly ThresholdView[]
  /** Payers whom it only tells of, each until then. */
  readonly exempt: readonly { readonly payer: string; readonly until: number }[]
}

export interface FraudRuleChange {
  readonly id: string
  readonly mode?: 'on' | 'dry-run'
  readonly response?: FraudResponse | null
  /** Null: as the rule comes. */
  readonly thresholds?: Readonly<Record<string, number | null>>
  /** Payers, for so many seconds from now; null: not any more. */
  readonly exempt?: Readonly<Record<string, number | null>>
}

/** The past as the rules that are tried would have had it. */
export interface BacktestView {
  readonly days: number
  /** There were more calls than are looked at: the newest were. */
  readonly partial: boolean
  readonly calls: number
  readonly stopped: number
  readonly currency: string
  /** What the calls would have cost, and what they cost without any control. */
  readonly spent: string
  readonly spentWithout: string
  /** Extensions that would have been suspended. */
  readonly suspended: readonly string[]
  readonly rules: readonly {
    readonly rule: string
    readonly stopped: number
    /** Asked about, and granted. */
    readonly asked: number
    readonly saved: string
  }[]
  /** The first that would have been stopped. */
  readonly examples: readonly {
    readonly call: string
    readonly at: number
    readonly extension: string
    readonly to: string
    readonly rule: string
    readonly reason: string
  }[]
}

export interface FraudDecisionView {
  readonly id: string
  readonly at: number
  readonly rule: string
  readonly payer: string
  readonly also: readonly string[]
  readonly response: FraudResponse
  readonly mode: 'on' | 'dry-run'
  readonly reason: string
  readonly evidence: Readonly<Record<string, string>>
  readonly callId: string | null
  /** Of a destination that is closed to everybody: digits without `+`. */
  readonly prefix: string | null
  /** What is allowed when somebody says yes. */
  readonly approval: { readonly kind: string; readonly value: string } | null
  readonly expiresAt: number | null
  /** How often the same was found while it was in force. */
  readonly count: number
  /** `told`: it only alerts. */
  readonly state: 'in-force' | 'told' | 'dry-run' | 'expired' | 'undone' | 'approved' | 'denied'
}

/** A decision with everything that it rests on. */
export interface FraudExplanation extends FraudDecisionView {
  /** Null for what a person decided, and for rules that are no more. */
  readonly ruleNow: FraudRuleView | null
  /** What in the policy made it so: `rules.FRAUD_BURST.mode: on (as it comes)`. */
  readonly policyLines: readonly string[]
  readonly undo: string | null
}

export interface ApprovalRequest {
  /** Of the decision that waits. */
  readonly id: string
  readonly at: number
  readonly payer: string
  readonly kind: string
  readonly value: string
  readonly rule: string
  readonly reason: string
  readonly expiresAt: number | null
}

export interface FraudSummary {
  readonly currency: string
  readonly spentToday: string
  readonly capToday: string
  readonly spentThisMonth: string
  readonly capThisMonth: string
  readonly suspended: readonly string[]
  readonly decisionsInForce: number
  readonly waiting: number
  readonly deck: DeckView
}

export interface FraudStatusView extends FraudSummary {
  /** Calls that were stopped since midnight, in the organisation's time zone. */
  readonly stoppedToday: number
  /** What an hour of each of those would have cost: an estimate, not a sum that was counted. Null: none of them has a price. */
  readonly preventedToday: string | null
  /** What fired since midnight. */
  readonly firing: readonly { readonly rule: string; readonly found: number; readonly dryRun: boolean }[]
  readonly blocked: readonly BlockView[]
  /** By the office hours and holidays; true where there are none. */
  readonly officeOpen: boolean
}

export interface BlockView {
  readonly prefix: string
  readonly decision: string
  readonly rule: string
  readonly reason: string
  readonly expiresAt: number | null
}

/** The policy as its document names it: see `fraud/policy-document.ts`. */
export type PolicyView = Readonly<Record<string, unknown>>

type Outcome<T> = Promise<OperationResult<T>>
type Identified = { readonly id: string }

export interface FraudOperations {
  deckShow(): Outcome<DeckView>
  /** A deck comes in parts, so that no message is large and the server stays quick; it counts from `deckCommit` on, whole. */
  deckBegin(input: { readonly name: string; readonly currency?: string }): Outcome<{ readonly upload: string }>
  deckAppend(input: {
    readonly upload: string
    readonly rates: readonly RateInput[]
  }): Outcome<{ readonly rates: number }>
  deckCommit(input: { readonly upload: string }): Outcome<DeckView>
  deckRemove(): Outcome<DeckView>
  deckPrice(input: { readonly number: string; readonly extension?: string }): Outcome<PriceView>
  budgetShow(input: { readonly extension?: string }): Outcome<BudgetView>
  budgetChange(input: BudgetChange): Outcome<BudgetView>
  fraudStatus(): Outcome<FraudStatusView>
  fraudPolicy(): Outcome<PolicyView>
  /** What the document leaves out stays. `file` stands in what is said of a fault. */
  fraudPolicyChange(input: { readonly file: string; readonly text: string }): Outcome<PolicyView>
  fraudRules(): Outcome<readonly FraudRuleView[]>
  fraudRuleChange(input: FraudRuleChange): Outcome<FraudRuleView>
  /** What would have been stopped of the organisation's own calls; `rule`: as `mode` and `thresholds` have it, nothing is changed. */
  fraudBacktest(input: {
    readonly days: number
    readonly rule?: string
    readonly mode?: 'on' | 'dry-run'
    readonly thresholds?: Readonly<Record<string, number>>
  }): Outcome<BacktestView>
  /** In force now, or the newest whatever became of them. */
  fraudDecisions(input: { readonly all: boolean; readonly limit: number }): Outcome<readonly FraudDecisionView[]>
  fraudExplain(input: Identified): Outcome<FraudExplanation>
  fraudUndo(input: Identified & { readonly reason: string }): Outcome<FraudDecisionView>
  fraudApprovals(): Outcome<readonly ApprovalRequest[]>
  fraudApprove(
    input: Identified & { readonly seconds: number },
  ): Outcome<{ readonly id: string; readonly until: number }>
  fraudDeny(input: Identified): Outcome<Identified>
  /** `seconds` null: until somebody lifts it. */
  fraudBlock(input: {
    readonly prefix: string
    readonly reason: string
    readonly seconds: number | null
  }): Outcome<BlockView>
  fraudUnblock(input: { readonly prefix: string; readonly reason: string }): Outcome<{ readonly prefix: string }>
}
