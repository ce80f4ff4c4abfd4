/** Rules over the log: the operator's own beside ours, and which of them are off. Nothing of it is needed. */
import { z } from 'zod'

export const detectionSchema = z.strictObject({
  /** Sigma rules of the operator, `.yml` or `.yaml`; read anew when they change. Default: `detections` in the data folder. */
  folder: z.string().min(1).max(4_096).optional(),
  /** Ids of rules that tell nobody. */
  disabled: z
    .array(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'is no id of a rule: ringfence detections list shows them'),
    )
    .max(1_000)
    .default([]),
})

export type DetectionConfiguration = z.output<typeof detectionSchema>
