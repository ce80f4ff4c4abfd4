/** What the operations on toll fraud take. Lengths and kinds are bounded here; the fraud room says what they mean. */
import { z } from 'zod'
import type { CapName, FraudOperations } from './fraud-operations.ts'

/** Rates in one message: about a megabyte, and a few milliseconds of the server. */
export const RATES_PER_PART = 5_000
const MAXIMUM_SECONDS = 3_600
const LONGEST_CALL_SECONDS = 86_400
/** Ten years: nothing that a person allows or closes for a while is longer. */
export const LONGEST_TIME_SECONDS = 315_360_000
const MAXIMUM_ROWS = 1_000
/** Characters: a cap of its own for each of ten thousand extensions fits. */
export const MAXIMUM_POLICY = 1_048_576

const shortText = z.string().max(256)
const reason = z
  .string()
  .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,500}$/u, 'is no reason: 1 to 500 characters on one line')
const identifier = z.string().min(1).max(64)
const money = z.string().regex(/^(?=[\d.])\d{0,9}(\.\d{1,6})?$/, 'is no amount such as 5 or 12.50')
const micros = z.int().min(0)
const currency = z.string().regex(/^[A-Z]{3}$/, 'is no currency in three letters, such as EUR')
const prefix = z.string().regex(/^[1-9]\d{0,14}$/, 'is no prefix in digits with the country code, such as 881')
const response = z.enum(['alert', 'confirm', 'block', 'block-destination', 'end-calls', 'suspend'])
const threshold = z.int().min(0).max(1_000_000_000)
const span = z.int().min(1).max(LONGEST_TIME_SECONDS)
const nothing = z.strictObject({})

const rate = z.strictObject({
  prefix,
  name: z.string().max(128),
  perMinute: micros,
  connectionFee: micros,
  minimumSeconds: z.int().min(0).max(MAXIMUM_SECONDS),
  incrementSeconds: z.int().min(1).max(MAXIMUM_SECONDS),
  validFrom: z.int().min(-8.64e15).max(8.64e15).nullable(),
})

const caps = {
  call: money.exactOptional(),
  extensionDay: money.exactOptional(),
  organisationDay: money.exactOptional(),
  organisationMonth: money.exactOptional(),
  riskyDay: money.exactOptional(),
} satisfies Record<CapName, z.ZodType>

export const FRAUD_SCHEMAS = {
  deckShow: nothing,
  deckBegin: z.strictObject({ name: z.string().min(1).max(128), currency: currency.exactOptional() }),
  deckAppend: z.strictObject({ upload: identifier, rates: z.array(rate).min(1).max(RATES_PER_PART) }),
  deckCommit: z.strictObject({ upload: identifier }),
  deckRemove: nothing,
  deckPrice: z.strictObject({ number: shortText, extension: shortText.exactOptional() }),
  budgetShow: z.strictObject({ extension: shortText.exactOptional() }),
  budgetChange: z.strictObject({
    ...caps,
    currency: currency.exactOptional(),
    maximumCallSeconds: z.int().min(1).max(LONGEST_CALL_SECONDS).exactOptional(),
    extension: z.strictObject({ number: shortText, day: money.nullable() }).exactOptional(),
  }),
  fraudStatus: nothing,
  fraudPolicy: nothing,
  fraudPolicyChange: z.strictObject({ file: z.string().max(4_096), text: z.string().max(MAXIMUM_POLICY) }),
  fraudRules: nothing,
  fraudRuleChange: z.strictObject({
    id: identifier,
    mode: z.enum(['on', 'dry-run']).exactOptional(),
    response: response.nullable().exactOptional(),
    thresholds: z.record(z.string().max(64), threshold.nullable()).exactOptional(),
    exempt: z.record(z.string().max(80), z.int().min(1).max(LONGEST_TIME_SECONDS).nullable()).exactOptional(),
  }),
  fraudBacktest: z.strictObject({
    days: z.int().min(1).max(396),
    rule: identifier.exactOptional(),
    mode: z.enum(['on', 'dry-run']).exactOptional(),
    thresholds: z.record(z.string().max(64), threshold).exactOptional(),
  }),
  fraudDecisions: z.strictObject({ all: z.boolean(), limit: z.int().min(1).max(MAXIMUM_ROWS) }),
  fraudExplain: z.strictObject({ id: identifier }),
  fraudUndo: z.strictObject({ id: identifier, reason }),
  fraudApprovals: nothing,
  fraudApprove: z.strictObject({ id: identifier, seconds: span }),
  fraudDeny: z.strictObject({ id: identifier }),
  fraudBlock: z.strictObject({ prefix, reason, seconds: span.nullable() }),
  fraudUnblock: z.strictObject({ prefix, reason }),
} as const satisfies Record<keyof FraudOperations, z.ZodType>
