/** Events of toll-fraud control. Money is text with a point: `12.50`. */
import type { FieldChange } from './outside-events.ts'
import type { Actor } from './system-events.ts'

/** What a decision is about, in every event of one. */
export interface DecidedAbout {
  readonly decision: string
  readonly rule: string
  readonly reason: string
  /** What was looked at: names and values. */
  readonly evidence: Readonly<Record<string, string>>
  /** Number of an extension, `trunk:NAME` or `number:+49…`. */
  readonly payer: string
  readonly callId: string | undefined
}

export interface FraudEvents {
  /** A rule found something, and nothing was done: it only tells, or it is tried (`dryRun`). `response`: what would be done. */
  'fraud.found': DecidedAbout & { readonly dryRun: boolean; readonly response: string }
  /** A call waits for somebody to say that it is wanted. */
  'fraud.confirmation-asked': DecidedAbout & { readonly approval: string; readonly value: string }
  'fraud.approved': {
    readonly actor: Actor
    readonly payer: string | undefined
    readonly approval: string
    readonly value: string
    readonly until: number
  }
  'fraud.denied': { readonly actor: Actor; readonly decision: string }
  /** A rule stopped a call, or a destination for everybody (`prefix`), until then. */
  'fraud.blocked': DecidedAbout & { readonly prefix: string | undefined; readonly until: number | undefined }
  /** Live calls of a payer were ended. */
  'fraud.calls-ended': DecidedAbout
  'fraud.suspended': DecidedAbout & { readonly also: readonly string[] }
  'fraud.undone': { readonly actor: Actor; readonly decision: string; readonly rule: string; readonly reason: string }
  /** A cap has no room for a call. `refused`: before it began; else it was ended. */
  'fraud.cap-reached': {
    readonly callId: string
    readonly payer: string
    readonly to: string
    readonly rule: string
    readonly reason: string
    readonly refused: boolean
  }
  /** A leg to the outside is over. */
  'fraud.charged': {
    readonly callId: string
    readonly payer: string
    readonly to: string
    readonly cost: string
    readonly currency: string
    readonly seconds: number
    readonly prefix: string
    readonly perMinute: string
  }
  'fraud.policy-changed': { readonly actor: Actor; readonly changed: readonly FieldChange[] }
  'fraud.deck-imported': {
    readonly actor: Actor
    readonly name: string
    readonly currency: string
    readonly rates: number
  }
  'fraud.deck-removed': { readonly actor: Actor; readonly name: string }
}
