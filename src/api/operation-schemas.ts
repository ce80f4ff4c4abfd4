/** What each operation takes, checked at the door: the control socket now, and whatever other door is opened later. */
import { z } from 'zod'
import { EVENT_SEVERITY } from '../events/catalogue.ts'
import type { EventType } from '../events/catalogue.ts'
import type { OperationError, Operations } from './operations.ts'
import { SEARCH_SCHEMAS } from './search-operations.ts'
import { ALERT_SCHEMAS } from './alert-operations.ts'
import { LOG_SCHEMAS } from './log-operations.ts'
import { DETECTION_SCHEMAS } from './detection-operations.ts'
import { TRACE_SCHEMAS } from './trace-operations.ts'
import { EXPORT_SCHEMAS } from './export-operations.ts'
import { FIREWALL_SCHEMAS } from './firewall-operations.ts'
import { FRAUD_SCHEMAS } from './fraud-schemas.ts'
import { OUTSIDE_SCHEMAS } from './outside-schemas.ts'
import { PEOPLE_SCHEMAS } from './people-operations.ts'

export type OperationName = keyof Operations

const MAXIMUM_IMPORT = 100_000
const MAXIMUM_ROWS = 1_000
const MAXIMUM_WAIT_MS = 30_000
const MAXIMUM_DRAIN_S = 86_400

/** Lengths are bounded here; what a number or a name may look like is the directory's to say, in its own words. */
const shortText = z.string().max(256)
const number = shortText
const reason = z.string().max(500)
const time = z.number().min(0).max(8.64e15)
const position = z.int().min(0)

const eventTypes = z
  .array(z.custom<EventType | `${string}.`>(isEventType, 'names no event; docs/events.md lists them'))
  .max(100)

const importedDevice = z.strictObject({
  extension: shortText,
  username: shortText,
  password: z.string().max(1_000).exactOptional(),
  ha1Md5: shortText.exactOptional(),
  ha1Sha256: shortText.exactOptional(),
})

const nothing = z.strictObject({})
const slice = {
  after: shortText.exactOptional(),
  limit: z
    .int()
    .min(1)
    .max(MAXIMUM_ROWS + 1)
    .exactOptional(),
}

export const OPERATION_SCHEMAS = {
  status: nothing,
  systemStop: z.strictObject({ drainSeconds: z.int().min(0).max(MAXIMUM_DRAIN_S) }),
  extensionAdd: z.strictObject({ number, name: shortText }),
  extensionList: z.strictObject({ number: number.exactOptional(), ...slice }),
  extensionSuspend: z.strictObject({ number, reason }),
  extensionRestore: z.strictObject({ number, reason }),
  extensionRemove: z.strictObject({ number }),
  deviceAdd: z.strictObject({ extension: number, label: shortText.exactOptional() }),
  deviceList: z.strictObject({
    extension: number.exactOptional(),
    username: shortText.exactOptional(),
    ...slice,
  }),
  deviceRemove: z.strictObject({ username: shortText }),
  deviceImport: z.strictObject({ devices: z.array(importedDevice).max(MAXIMUM_IMPORT) }),
  callsLive: nothing,
  callsPast: z.strictObject({ limit: z.int().min(1).max(MAXIMUM_ROWS), before: time.exactOptional() }),
  callShow: z.strictObject({ id: shortText }),
  events: z.strictObject({
    types: eventTypes.exactOptional(),
    since: time.exactOptional(),
    after: position.exactOptional(),
    before: position.exactOptional(),
    limit: z.int().min(1).max(MAXIMUM_ROWS),
  }),
  eventsFollow: z.strictObject({
    after: position,
    types: eventTypes.exactOptional(),
    waitMs: z.int().min(0).max(MAXIMUM_WAIT_MS),
  }),
  ...OUTSIDE_SCHEMAS,
  ...FRAUD_SCHEMAS,
  ...FIREWALL_SCHEMAS,
  ...ALERT_SCHEMAS,
  ...SEARCH_SCHEMAS,
  ...LOG_SCHEMAS,
  ...PEOPLE_SCHEMAS,
  ...EXPORT_SCHEMAS,
  ...DETECTION_SCHEMAS,
  ...TRACE_SCHEMAS,
} as const satisfies Record<OperationName, z.ZodType>

export const OPERATION_NAMES = Object.keys(OPERATION_SCHEMAS) as readonly OperationName[]

/** An exact type, or a prefix of some that ends in a dot (`call.`). */
export function isEventType(value: unknown): value is EventType | `${string}.` {
  if (typeof value !== 'string') return false
  if (Object.hasOwn(EVENT_SEVERITY, value)) return true
  return value.endsWith('.') && Object.keys(EVENT_SEVERITY).some(type => type.startsWith(value))
}

/** The first finding as an operation's refusal: where, and what is wrong. */
export function refusalOf(error: z.ZodError): OperationError {
  const [issue] = error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'the input' : issue.path.map(String).join('.')
  return { code: 'OPERATION_INVALID', message: `${where}: ${issue?.message ?? 'is not valid'}` }
}
