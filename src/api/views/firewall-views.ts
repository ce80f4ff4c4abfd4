/** What operations on the firewall answer. */
import { z } from 'zod'
import { text, texts, time } from './directory-views.ts'

const textOrNull = text.nullable()
const timeOrNull = time.nullable()

const decision = z.object({
  id: text,
  target: text,
  action: z.enum(['ban', 'back-off', 'allow']),
  rule: text,
  reason: text,
  evidence: z.record(text, text),
  origin: z.enum(['rule', 'operator', 'list']),
  mode: z.enum(['on', 'dry-run']),
  at: time,
  expiresAt: timeOrNull,
  repeat: z.int(),
})

const list = z.object({
  name: text,
  from: text,
  form: text,
  mode: z.enum(['on', 'dry-run']),
  entries: z.int(),
  remark: textOrNull,
  digest: textOrNull,
  readAt: timeOrNull,
  nextAt: timeOrNull,
  isStale: z.boolean(),
  problem: textOrNull,
})

export const FIREWALL_VIEWS = {
  firewallStatus: z.object({
    stopped: z.array(z.object({ rule: text, lastHour: z.int(), lastDay: z.int() })),
    sources: z.array(z.object({ source: text, country: textOrNull, stopped: z.int(), rule: text })),
    bans: z.int(),
    backOffs: z.int(),
    allowed: z.int(),
    tried: texts,
    lists: z.array(list),
    kernel: z.object({ state: text, detail: text }),
    signatures: z.object({ version: text, count: z.int() }),
  }),
  firewallDecisions: z.array(decision),
  firewallBan: decision,
  firewallAllow: decision,
  firewallUndo: z.array(decision),
  firewallExplain: z.object({
    subject: text,
    verdict: z.enum(['open', 'banned', 'backing-off', 'allowed', 'spared', 'listed']),
    because: texts,
    decisions: z.array(decision),
    undo: textOrNull,
  }),
  firewallLists: z.array(list),
  firewallListsRefresh: z.array(list),
  firewallTry: z.object({
    verdict: z.enum(['pass', 'drop', 'reject']),
    rule: textOrNull,
    reason: text,
    status: z.int().nullable(),
  }),
} as const
