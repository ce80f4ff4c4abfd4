/** What operations on exports of the log answer, where they are offered to others than the operator at the machine. */
import { z } from 'zod'
import { EXPORT_FORMS, EXPORT_KINDS, EXPORT_MASKS } from '../../export/types.ts'
import { text, time } from './directory-views.ts'

const moment = time.nullable()

export const EXPORT_VIEWS = {
  exportList: z.array(
    z.object({
      id: text,
      name: text,
      kind: z.enum(EXPORT_KINDS),
      destination: text.describe('without path or query of an URL'),
      form: z.enum(EXPORT_FORMS),
      filter: text,
      masks: z.array(z.enum(EXPORT_MASKS)),
      organisation: text.nullable().describe('domain; null: the whole installation'),
      weakened: z.array(text),
      createdAt: time,
      state: z.enum(['sending', 'failing', 'stopped']),
      position: z.int().describe('the destination has everything up to here'),
      behind: z.int().nullable().describe('events that wait'),
      lagMs: z.int().nullable().describe('milliseconds that the oldest one waits'),
      delivered: z.int(),
      refused: z.int(),
      lost: z.int(),
      lastSuccessAt: moment,
      lastError: text.nullable(),
      lastErrorAt: moment,
    }),
  ),
  exportTest: z.object({ name: text, destination: text, ok: z.boolean(), detail: text }),
} as const
