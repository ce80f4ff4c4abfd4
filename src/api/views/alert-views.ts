/** What operations on alerts answer. */
import { z } from 'zod'
import { text, texts, time } from './directory-views.ts'

const textOrNull = text.nullable()
const alert = z.object({
  id: text,
  type: text,
  at: time,
  urgency: z.enum(['warning', 'error', 'critical']),
  title: text,
  happened: text,
  who: text,
  done: text,
  advice: textOrNull,
  details: z.record(text, text),
  state: z
    .enum(['open', 'acknowledged', 'decided', 'told'])
    .describe('`told`: nobody has to see to it; `decided`: the decision behind it was taken back, allowed or denied'),
  answeredAt: time.nullable(),
  answeredBy: textOrNull,
  comment: textOrNull,
  escalatedAt: time.nullable(),
  sent: texts,
})

export const ALERT_VIEWS = {
  alertList: z.array(alert),
  alertShow: alert,
  alertAcknowledge: alert,
  callReport: z.object({ id: text }),
  alertTest: z.array(z.object({ channel: text, ok: z.boolean(), detail: text, milliseconds: z.number() })),
} as const
