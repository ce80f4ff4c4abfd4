/** What can be asked about the signalling of a call: its messages, as they went over the wire but for what is secret. */
import { z } from 'zod'
import type { OperationResult } from './operations.ts'

export interface CallMessage {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Id of the leg that it is of. */
  readonly leg: string
  /** `in` came to us. */
  readonly direction: 'in' | 'out'
  readonly protocol: string
  readonly local: { readonly address: string; readonly port: number }
  readonly remote: { readonly address: string; readonly port: number }
  /** Start line: `INVITE sip:… SIP/2.0`, `SIP/2.0 200 OK`. */
  readonly line: string
  readonly text: string
}

export interface CallMessages {
  /** In the order in which they began. */
  readonly legs: readonly { readonly id: string; readonly direction: 'in' | 'out'; readonly number: string }[]
  /** In order of time. Empty where nothing was kept, or it is past its retention. */
  readonly messages: readonly CallMessage[]
}

export interface TraceOperations {
  callMessages(input: { readonly id: string }): Promise<OperationResult<CallMessages>>
}

export const TRACE_SCHEMAS = {
  callMessages: z.strictObject({ id: z.string().min(1).max(64) }),
}
