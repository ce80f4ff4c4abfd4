/** What can be asked about alerts. */
import { z } from 'zod'
import type { OperationResult } from './operations.ts'

export interface AlertTestView {
  /** `mail owner@example.com`, `webhook hooks.example.com` */
  readonly channel: string
  readonly ok: boolean
  /** What went wrong; empty: nothing. */
  readonly detail: string
  readonly milliseconds: number
}

/** What people were told of, in the words that they were told. */
export interface AlertView {
  /** Of the event. */
  readonly id: string
  readonly type: string
  readonly at: number
  readonly urgency: 'warning' | 'error' | 'critical'
  readonly title: string
  readonly happened: string
  readonly who: string
  readonly done: string
  readonly advice: string | null
  readonly details: Readonly<Record<string, string>>
  /** `told`: nobody has to see to it. `decided`: the decision behind it was taken back, allowed or denied. */
  readonly state: 'open' | 'acknowledged' | 'decided' | 'told'
  readonly answeredAt: number | null
  readonly answeredBy: string | null
  readonly comment: string | null
  readonly escalatedAt: number | null
  /** Channels that took it. */
  readonly sent: readonly string[]
}

export interface AlertOperations {
  /** The newest first; with `all` those too that nobody has to see to any more. */
  alertList(input: { readonly all: boolean; readonly limit: number }): Promise<OperationResult<readonly AlertView[]>>
  /** `id`: whole, or its end. */
  alertShow(input: { readonly id: string }): Promise<OperationResult<AlertView>>
  /** Somebody sees to it: nobody else is told. */
  alertAcknowledge(input: { readonly id: string; readonly comment?: string }): Promise<OperationResult<AlertView>>
  /** Somebody says that a call was not in order: people are told. `extension`: whose call it was. */
  callReport(input: {
    readonly id: string
    readonly extension: string
    readonly reason: string
  }): Promise<OperationResult<{ readonly id: string }>>
  /** Sends a test by each channel. Empty: none is configured. */
  alertTest(): Promise<OperationResult<readonly AlertTestView[]>>
}

export const MAXIMUM_ALERTS = 1_000
const id = z.string().min(1).max(64)

export const ALERT_SCHEMAS = {
  alertList: z.strictObject({ all: z.boolean(), limit: z.int().min(1).max(MAXIMUM_ALERTS) }),
  alertShow: z.strictObject({ id }),
  alertAcknowledge: z.strictObject({ id, comment: z.string().max(500).exactOptional() }),
  callReport: z.strictObject({ id, extension: z.string().max(256), reason: z.string().min(1).max(500) }),
  alertTest: z.strictObject({}),
}
