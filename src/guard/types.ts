/** What the three parts of the guard hand to each other: detect gives findings, decide makes decisions of them, enforce keeps those. */
import type { OrganisationId } from '../base/ids.ts'

/**
 * What is done, from mild to strict; each but `alert` also stops what asked. `end-calls` ends what runs outside on the account of the
 * subject, `suspend` keeps it from calling outside until somebody restores it. Emergency calls are outside all of it.
 */
export type Response = 'alert' | 'confirm' | 'block' | 'block-destination' | 'end-calls' | 'suspend'

export const RESPONSES = [
  'alert',
  'confirm',
  'block',
  'block-destination',
  'end-calls',
  'suspend',
] as const satisfies readonly Response[]

export function stricter(a: Response, b: Response): Response {
  return RESPONSES.indexOf(a) >= RESPONSES.indexOf(b) ? a : b
}

/** `dry-run`: found, told and counted, but nothing is done. There is no "off": a rule that nobody wants is tried, not blind. */
export type RuleMode = 'on' | 'dry-run'

/** What a person needs to see to agree, as text: `{ calls: '12', window: '60 s' }`. */
export type Evidence = Readonly<Record<string, string>>

/** Thresholds by name; whole numbers, units in the name (`windowSeconds`). */
export type Thresholds = Readonly<Record<string, number>>

/** A rule says that something is wrong. */
export interface Finding {
  readonly response: Response
  /** One sentence for a person. */
  readonly reason: string
  readonly evidence: Evidence
  /** Who else it is about, beside whoever asked: payers (see `fraud/types`). */
  readonly also?: readonly string[] | undefined
  /** For `block-destination`: digits of E.164 without `+`. */
  readonly prefix?: string | undefined
  /** For `confirm`: what is approved when somebody says yes, such as a country. */
  readonly approval?: Approval | undefined
}

/** What somebody may say yes to. Kept until `until`. */
export interface Approval {
  readonly kind: 'country' | 'network' | 'number' | 'after-hours' | 'spend'
  readonly value: string
}

/** A country or a number is known to everybody once somebody said yes; a network, a night or a sum is of whom it was asked about. */
export function isForAll({ kind }: Approval): boolean {
  return kind === 'country' || kind === 'number'
}

export interface RuleDescription {
  /** `FRAUD_BURST`: stands in events, records, commands and documents. */
  readonly id: string
  readonly title: string
  /** What it looks at, and which attack it is for. Two sentences. */
  readonly description: string
  readonly thresholds: Thresholds
}

export interface Alert extends Finding {
  readonly rule: string
  readonly at: number
  readonly organisationId: OrganisationId
  /** Whom it is about. */
  readonly subject: string
  readonly callId: string | undefined
}

export interface Decision extends Alert {
  readonly id: string
  readonly mode: RuleMode
  /** Milliseconds since the epoch; undefined: until somebody undoes it. */
  readonly expiresAt: number | undefined
}
