/** What is kept of the signalling of calls, for who has to find out why one went wrong. */
import { z } from 'zod'

export const traceSchema = z.strictObject({
  /** `calls`: the SIP messages of calls, without secrets, sealed. `none`: nothing is kept. */
  keep: z.enum(['calls', 'none']).default('calls'),
  /** Days. */
  retention: z.int().min(1).max(396).default(30),
  /** Messages in a second, above which no further call is traced. */
  messagesPerSecond: z.int().min(1).max(100_000).default(500),
})

export type TraceConfiguration = z.output<typeof traceSchema>
