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

/** What one side sent and heard, since the call began. */
export interface MeasuredSide {
  readonly packets: number
  readonly lost: number
  readonly jitterMs: number
  readonly roundTripMs: number | null
  /** Mean opinion score by the E-model (ITU-T G.107), 1 to 4.5. */
  readonly mos: number | null
}

export interface CallQuality {
  /** In order of time; empty where nothing was measured, or the log has let go of it. */
  readonly points: readonly { readonly at: number; readonly caller: MeasuredSide; readonly callee: MeasuredSide }[]
}

export interface TraceOperations {
  /** How both sides of a call sounded, from its beginning to its end. */
  callQuality(input: { readonly id: string }): Promise<OperationResult<CallQuality>>
  callMessages(input: { readonly id: string }): Promise<OperationResult<CallMessages>>
}

export const TRACE_SCHEMAS = {
  callQuality: z.strictObject({ id: z.string().min(1).max(64) }),
  callMessages: z.strictObject({ id: z.string().min(1).max(64) }),
}
