/** What operations on toll fraud answer. Money is text with a point. */
import { z } from 'zod'
import { text, texts, time } from './directory-views.ts'

const textOrNull = text.nullable()
const timeOrNull = time.nullable()
const response = z.enum(['alert', 'confirm', 'block', 'block-destination', 'end-calls', 'suspend'])
const mode = z.enum(['on', 'dry-run'])

const deck = z.object({
  source: z.enum(['imported', 'built-in']),
  name: text,
  currency: text,
  rates: z.int().nullable(),
  importedAt: timeOrNull,
})

const rule = z.object({
  id: text,
  title: text,
  description: text,
  mode,
  response: response.nullable(),
  thresholds: z.array(z.object({ name: text, value: z.number(), standard: z.number() })),
  exempt: z.array(z.object({ payer: text, until: time })),
})

const decision = z.object({
  id: text,
  at: time,
  rule: text,
  payer: text,
  also: texts,
  response,
  mode,
  reason: text,
  evidence: z.record(text, text),
  callId: textOrNull,
  prefix: textOrNull,
  approval: z.object({ kind: text, value: text }).nullable(),
  expiresAt: timeOrNull,
  count: z.int(),
  state: z.enum(['in-force', 'told', 'dry-run', 'expired', 'undone', 'approved', 'denied']),
})

const block = z.object({ prefix: text, decision: text, rule: text, reason: text, expiresAt: timeOrNull })

const budget = z.object({
  currency: text,
  timeZone: text,
  caps: z.object({
    call: text,
    extensionDay: text,
    organisationDay: text,
    organisationMonth: text,
    riskyDay: text,
  }),
  extensionDayCaps: z.record(text, text),
  maximumCallSeconds: z.int(),
  reserved: textOrNull,
  lines: z.array(
    z.object({
      scope: z.enum(['extension-day', 'organisation-day', 'organisation-month', 'risky-day']),
      payer: text,
      period: text,
      charged: text,
      cap: text,
      perMille: z.number(),
    }),
  ),
})

const summary = {
  currency: text,
  spentToday: text,
  capToday: text,
  spentThisMonth: text,
  capThisMonth: text,
  suspended: texts,
  decisionsInForce: z.int(),
  waiting: z.int(),
  deck,
}

const backtest = z.object({
  days: z.int(),
  partial: z.boolean(),
  calls: z.int(),
  stopped: z.int(),
  currency: text,
  spent: text,
  spentWithout: text,
  suspended: z.array(text),
  rules: z.array(z.object({ rule: text, stopped: z.int(), asked: z.int(), saved: text })),
  examples: z.array(z.object({ call: text, at: time, extension: text, to: text, rule: text, reason: text })),
})

export const FRAUD_VIEWS = {
  fraudBacktest: backtest,
  deckShow: deck,
  deckBegin: z.object({ upload: text }),
  deckAppend: z.object({ rates: z.int() }),
  deckCommit: deck,
  deckRemove: deck,
  deckPrice: z.object({
    e164: text,
    country: textOrNull,
    class: z.enum(['ordinary', 'special-service', 'fraud-prone']),
    currency: text,
    perMinute: text,
    connectionFee: text,
    minimumSeconds: z.int(),
    incrementSeconds: z.int(),
    source: z.enum(['imported', 'built-in']),
    prefix: text,
    name: text,
    closed: textOrNull,
    allowed: z.array(
      z.object({
        limit: z.enum(['call', 'extensionDay', 'organisationDay', 'organisationMonth', 'riskyDay', 'maximumDuration']),
        cap: textOrNull,
        seconds: z.number(),
      }),
    ),
  }),
  budgetShow: budget,
  budgetChange: budget,
  fraudStatus: z.object({
    ...summary,
    stoppedToday: z.int(),
    preventedToday: textOrNull,
    firing: z.array(z.object({ rule: text, found: z.int(), dryRun: z.boolean() })),
    blocked: z.array(block),
    officeOpen: z.boolean(),
  }),
  fraudPolicy: z.looseObject({}),
  fraudPolicyChange: z.looseObject({}),
  fraudRules: z.array(rule),
  fraudRuleChange: rule,
  fraudDecisions: z.array(decision),
  fraudExplain: decision.extend({ ruleNow: rule.nullable(), policyLines: texts, undo: textOrNull }),
  fraudUndo: decision,
  fraudApprovals: z.array(
    z.object({
      id: text,
      at: time,
      payer: text,
      kind: text,
      value: text,
      rule: text,
      reason: text,
      expiresAt: timeOrNull,
    }),
  ),
  fraudApprove: z.object({ id: text, until: time }),
  fraudDeny: z.object({ id: text }),
  fraudBlock: block,
  fraudUnblock: z.object({ prefix: text }),
} as const
