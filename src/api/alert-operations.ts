/** What an operator can ask about alerts. */
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

export interface AlertOperations {
  /** Sends a test by each channel. Empty: none is configured. */
  alertTest(): Promise<OperationResult<readonly AlertTestView[]>>
}

export const ALERT_SCHEMAS = { alertTest: z.strictObject({}) }
