/** What operations on the signalling of calls answer. */
import { z } from 'zod'
import { text, time } from './directory-views.ts'

const endpoint = z.object({ address: text, port: z.int() })
const direction = z.enum(['in', 'out'])

export const TRACE_VIEWS = {
  callMessages: z.object({
    legs: z.array(z.object({ id: text, direction, number: text })),
    messages: z.array(
      z.object({
        at: time,
        leg: text,
        direction,
        protocol: text,
        local: endpoint,
        remote: endpoint,
        line: text,
        text,
      }),
    ),
  }),
}
