/** What questions to the log answer. */
import { z } from 'zod'
import { texts, time } from './directory-views.ts'

export const LOG_VIEWS = {
  eventsCount: z.object({
    by: texts.describe('fields whose values make the groups'),
    groups: z.array(
      z.object({ values: texts, at: time.nullable().describe('beginning of the step of time'), count: z.int() }),
    ),
    total: z.int(),
    partial: z.boolean().describe('so wide a question that not everything was looked at'),
  }),
} as const
