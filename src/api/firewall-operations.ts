/** What an operator can ask of the firewall. A target is text: an address, a network, `AS64500`, `country:XX`, an extension or a user name. */
import { z } from 'zod'
import type { OperationResult } from './operations.ts'

export interface StoppedByRule {
  readonly rule: string
  readonly lastHour: number
  readonly lastDay: number
}

export interface StoppedSource {
  readonly source: string
  readonly country: string | null
  readonly stopped: number
  readonly rule: string
}

export interface ListView {
  readonly name: string
  readonly from: string
  readonly form: string
  readonly mode: 'on' | 'dry-run'
  readonly entries: number
  /** What of it was left out, and why. */
  readonly remark: string | null
  readonly digest: string | null
  readonly readAt: number | null
  readonly nextAt: number | null
  readonly isStale: boolean
  readonly problem: string | null
}

export interface FirewallStatus {
  /** Since the start, over the last day at most; what stopped most first. */
  readonly stopped: readonly StoppedByRule[]
  readonly sources: readonly StoppedSource[]
  readonly bans: number
  readonly backOffs: number
  readonly allowed: number
  /** Rules that only tell. */
  readonly tried: readonly string[]
  readonly lists: readonly ListView[]
  readonly kernel: { readonly state: string; readonly detail: string }
  readonly signatures: { readonly version: string; readonly count: number }
}

export interface SourceDecisionView {
  readonly id: string
  /** `address 198.51.100.7` */
  readonly target: string
  readonly action: 'ban' | 'back-off' | 'allow'
  readonly rule: string
  readonly reason: string
  readonly evidence: Readonly<Record<string, string>>
  readonly origin: 'rule' | 'operator' | 'list'
  readonly mode: 'on' | 'dry-run'
  readonly at: number
  readonly expiresAt: number | null
  readonly repeat: number
}

export interface SourceExplanation {
  readonly subject: string
  readonly verdict: 'open' | 'banned' | 'backing-off' | 'allowed' | 'spared' | 'listed'
  /** The deciding sentence first. */
  readonly because: readonly string[]
  readonly decisions: readonly SourceDecisionView[]
  /** The command that changes it; null: nothing has to be changed. */
  readonly undo: string | null
}

export interface TriedView {
  readonly verdict: 'pass' | 'drop' | 'reject'
  readonly rule: string | null
  readonly reason: string
  readonly status: number | null
}

export interface FirewallOrder {
  readonly target: string
  /** Null: until somebody takes it back. */
  readonly minutes: number | null
  readonly reason: string
}

export interface FirewallOperations {
  firewallStatus(): Promise<OperationResult<FirewallStatus>>
  firewallDecisions(input: { readonly limit: number }): Promise<OperationResult<readonly SourceDecisionView[]>>
  /** `evenRegistered`: also where phones are registered from, or a trunk is. */
  firewallBan(input: FirewallOrder & { readonly evenRegistered: boolean }): Promise<OperationResult<SourceDecisionView>>
  firewallAllow(input: FirewallOrder): Promise<OperationResult<SourceDecisionView>>
  /** `target`: as above, or the id of a decision. Bans, back-offs and what was allowed. */
  firewallUndo(input: {
    readonly target: string
    readonly reason: string
  }): Promise<OperationResult<readonly SourceDecisionView[]>>
  firewallExplain(input: { readonly subject: string }): Promise<OperationResult<SourceExplanation>>
  firewallLists(): Promise<OperationResult<readonly ListView[]>>
  /** Null: all. */
  /** `force`: takes a list that has lost nine tenths, or grown tenfold, too. */
  firewallListsRefresh(input: {
    readonly name: string | null
    readonly force: boolean
  }): Promise<OperationResult<readonly ListView[]>>
  /** `message`: base64. */
  firewallTry(input: {
    readonly message: string
    readonly address: string
    readonly transport: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'
  }): Promise<OperationResult<TriedView>>
}

/** Octets of base64: a message of the largest size that is ever accepted. */
const MAXIMUM_MESSAGE = 131_072
const MAXIMUM_ROWS = 1_000
/** A year. */
const MAXIMUM_MINUTES = 525_600

const target = z.string().min(1).max(256)
const reason = z
  .string()
  .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,500}$/u, 'is no reason: 1 to 500 characters on one line')
const order = { target, minutes: z.int().min(1).max(MAXIMUM_MINUTES).nullable(), reason }

export const FIREWALL_SCHEMAS = {
  firewallStatus: z.strictObject({}),
  firewallDecisions: z.strictObject({ limit: z.int().min(1).max(MAXIMUM_ROWS) }),
  firewallBan: z.strictObject({ ...order, evenRegistered: z.boolean() }),
  firewallAllow: z.strictObject(order),
  firewallUndo: z.strictObject({ target, reason }),
  firewallExplain: z.strictObject({ subject: target }),
  firewallLists: z.strictObject({}),
  firewallListsRefresh: z.strictObject({ name: z.string().max(64).nullable(), force: z.boolean().default(false) }),
  firewallTry: z.strictObject({
    message: z.base64().max(MAXIMUM_MESSAGE),
    address: z.string().max(64),
    transport: z.enum(['UDP', 'TCP', 'TLS', 'WS', 'WSS']),
  }),
}
