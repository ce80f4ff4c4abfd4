/** What operations on the signalling of calls answer. */
import { z } from 'zod'
import { text, time } from './directory-views.ts'

const endpoint = z.object({ address: text, port: z.int() })
const direction = z.enum(['in', 'out'])

const side = z.object({
  packets: z.int(),
  lost: z.int(),
  jitterMs: z.number(),
  roundTripMs: z.number().nullable(),
  mos: z.number().nullable(),
})

export const TRACE_VIEWS = {
  callQuality: z.object({
    points: z.array(z.object({ at: time, caller: side, callee: side })).describe('counted since the call began'),
  }),
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
