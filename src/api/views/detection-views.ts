/** What operations on detections answer. */
import { z } from 'zod'
import { text, texts, time } from './directory-views.ts'

const level = z.enum(['informational', 'low', 'medium', 'high', 'critical'])
const problems = z.array(z.object({ file: text, where: text, problem: text }))
const countOrNull = z.int().nullable()

export const DETECTION_VIEWS = {
  detectionsList: z.array(
    z.object({
      id: text,
      name: text,
      title: text,
      description: text,
      level,
      kind: z.enum(['event', 'correlation']),
      state: z.enum(['on', 'base', 'disabled']),
      own: z.boolean(),
      file: text,
      tags: texts,
      falsePositives: texts,
    }),
  ),
  detectionsStatus: z.object({
    rules: z.int(),
    own: z.int(),
    disabled: z.int(),
    folder: text.nullable(),
    problems,
    live: z.object({ looked: z.int(), found: z.int(), unsaid: z.int(), missed: z.int(), waiting: z.int() }).nullable(),
  }),
  detectionsTest: z.object({
    rules: z.array(
      z.object({
        id: text,
        title: text,
        file: text,
        attack: countOrNull,
        benign: countOrNull,
        outcome: z.enum(['passed', 'failed', 'untested', 'base']),
      }),
    ),
    problems,
  }),
  detectionsRun: z.object({
    events: z.int(),
    since: time,
    until: time,
    partial: z.boolean(),
    rules: z.array(z.object({ rule: text, title: text, found: z.int() })),
    found: z.array(
      z.object({
        rule: text,
        title: text,
        level,
        at: time,
        group: z.record(text, text),
        count: z.int(),
        events: z.array(z.object({ id: text, type: text, at: time })),
      }),
    ),
    problems,
  }),
} as const
