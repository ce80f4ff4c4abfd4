/** Money and the firewall: what was decided, by which rule, within which bounds. */

export interface Deck {
  readonly source: 'imported' | 'built-in'
  readonly name: string
  readonly currency: string
  readonly rates: number | null
  readonly importedAt: number | null
}

export interface FraudStatus {
  readonly currency: string
  readonly spentToday: string
  readonly capToday: string
  readonly spentThisMonth: string
  readonly capThisMonth: string
  readonly suspended: readonly string[]
  readonly decisionsInForce: number
  readonly waiting: number
  readonly deck: Deck
  readonly stoppedToday: number
  readonly preventedToday: string | null
  readonly firing: readonly { readonly rule: string; readonly found: number; readonly dryRun: boolean }[]
  readonly blocked: readonly Block[]
  readonly officeOpen: boolean
}

export interface Block {
  readonly prefix: string
  readonly decision: string
  readonly rule: string
  readonly reason: string
  readonly expiresAt: number | null
}

export interface FraudDecision {
  readonly id: string
  readonly at: number
  readonly rule: string
  readonly payer: string
  readonly also: readonly string[]
  readonly response: string
  readonly mode: 'on' | 'dry-run'
  readonly reason: string
  readonly evidence: Readonly<Record<string, string>>
  readonly callId: string | null
  readonly prefix: string | null
  readonly approval: { readonly kind: string; readonly value: string } | null
  readonly expiresAt: number | null
  readonly count: number
  readonly state: string
}

export interface Approval {
  readonly id: string
  readonly at: number
  readonly payer: string
  readonly kind: string
  readonly value: string
  readonly rule: string
  readonly reason: string
  readonly expiresAt: number | null
}

export interface FraudRule {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly mode: 'on' | 'dry-run'
  readonly response: string | null
  readonly thresholds: readonly { readonly name: string; readonly value: number; readonly standard: number }[]
}

export type CapName = 'call' | 'extensionDay' | 'organisationDay' | 'organisationMonth' | 'riskyDay'

export interface Budget {
  readonly currency: string
  readonly timeZone: string
  readonly caps: Readonly<Record<CapName, string>>
  readonly extensionDayCaps: Readonly<Record<string, string>>
  readonly maximumCallSeconds: number
  readonly reserved: string | null
  readonly lines: readonly {
    readonly scope: string
    readonly payer: string
    readonly period: string
    readonly charged: string
    readonly cap: string
    readonly perMille: number
  }[]
}

export interface SourceDecision {
  readonly id: string
  readonly target: string
  readonly action: 'ban' | 'back-off' | 'allow'
  readonly rule: string
  readonly reason: string
  readonly origin: string
  readonly mode: 'on' | 'dry-run'
  readonly at: number
  readonly expiresAt: number | null
  readonly repeat: number
}

export interface BlockList {
  readonly name: string
  readonly from: string
  readonly form: string
  readonly mode: 'on' | 'dry-run'
  readonly entries: number
  readonly remark: string | null
  readonly readAt: number | null
  readonly nextAt: number | null
  readonly isStale: boolean
  readonly problem: string | null
}

export interface FirewallStatus {
  readonly stopped: readonly { readonly rule: string; readonly lastHour: number; readonly lastDay: number }[]
  readonly sources: readonly {
    readonly source: string
    readonly country: string | null
    readonly stopped: number
    readonly rule: string
  }[]
  readonly bans: number
  readonly backOffs: number
  readonly allowed: number
  readonly lists: readonly BlockList[]
  readonly kernel: { readonly state: string; readonly detail: string }
}

export interface SourceExplanation {
  readonly subject: string
  readonly verdict: string
  readonly because: readonly string[]
  readonly decisions: readonly SourceDecision[]
  readonly undo: string | null
}

/** What a call to a number costs. */
export interface PriceView {
  readonly e164: string
  readonly country: string | null
  readonly currency: string
  readonly perMinute: string
  readonly connectionFee: string
  readonly minimumSeconds: number
  readonly incrementSeconds: number
  /** Of the rate that counts: digits without `+`. */
  readonly prefix: string
  readonly name: string
  readonly closed: string | null
}

/** What rules would have done to calls of the past. */
export interface Backtest {
  readonly days: number
  readonly partial: boolean
  readonly calls: number
  readonly stopped: number
  readonly currency: string
  readonly spent: string
  readonly spentWithout: string
  readonly suspended: readonly string[]
  readonly rules: readonly {
    readonly rule: string
    readonly stopped: number
    readonly asked: number
    readonly saved: string
  }[]
  readonly examples: readonly {
    readonly call: string
    readonly at: number
    readonly extension: string
    readonly to: string
    readonly rule: string
    readonly reason: string
  }[]
}
