/** What operations on the system, extensions, devices, calls and events answer. The types are those of `operations.ts`: the compiler compares. */
import { z } from 'zod'
import { EVENT_SEVERITY, type EventType } from '../../events/catalogue.ts'

export const time = z.int().describe('milliseconds since 1970-01-01 UTC')
export const text = z.string()
export const texts = z.array(text)
const textOrNull = text.nullable()
const timeOrNull = time.nullable()

const extension = z.object({
  number: text,
  name: text,
  state: z.enum(['active', 'suspended']),
  suspendedReason: textOrNull,
  devices: z.int(),
  registered: z.int(),
})

const device = z.object({
  extension: text,
  username: text,
  label: text,
  registered: z.boolean(),
  userAgent: textOrNull,
  sourceAddress: textOrNull,
  protocol: textOrNull,
  authentication: textOrNull,
  weaker: z.boolean(),
  allowInsecureImportedSecret: z.boolean(),
  expiresAt: timeOrNull,
})

const credentials = z.object({
  username: text,
  domain: text,
  password: text.describe('shown once'),
  registrar: text,
  outboundProxy: text,
  ca: text,
})

const liveCall = z.object({
  id: text,
  organisationId: text,
  from: text,
  to: text,
  state: z.enum(['ringing', 'answered', 'held', 'ending']),
  startedAt: time,
  answeredAt: timeOrNull,
  legs: z.array(
    z.object({
      number: text,
      username: textOrNull,
      signalling: text,
      media: textOrNull,
      codec: textOrNull,
      mos: z.number().nullable(),
      trunk: text.optional(),
      attestation: text.optional(),
    }),
  ),
})

/** A call's record as it is kept: legs with the encryption of both hops, and how it ended. */
const pastCall = z.looseObject({
  id: text,
  organisationId: text,
  from: text,
  to: text,
  startedAt: time,
  answeredAt: time.optional(),
  endedAt: time.optional(),
  end: z.looseObject({ side: text, cause: text, sipCode: z.int() }).optional(),
  legs: z.array(z.looseObject({ direction: z.enum(['in', 'out']), number: text })),
})

export const loggedEvent = z.object({
  position: z.int(),
  event: z.looseObject({
    id: text,
    type: z.enum(Object.keys(EVENT_SEVERITY) as [EventType, ...EventType[]]),
    at: time,
    severity: z.enum(['info', 'notice', 'warning', 'error', 'critical']),
    organisationId: text.optional(),
    data: z.looseObject({}).describe('by its type: docs/events.md'),
  }),
})

const trunkSummary = z.object({
  name: text,
  purpose: z.enum(['provider', 'pbx']),
  state: z.enum(['enabled', 'disabled']),
  health: text,
  problem: textOrNull,
  calls: z.int(),
  weakened: texts,
})

const status = z.looseObject({
  version: text,
  node: text,
  startedAt: time,
  domain: text,
  listeners: z.array(
    z.object({
      transport: text,
      address: text,
      port: z.int(),
      insecure: z.boolean(),
      expiresAt: timeOrNull,
      sources: texts,
    }),
  ),
  certificate: z.object({ subject: text, names: texts, notAfter: time, fingerprint: text, issuer: text }),
  extensions: z.int(),
  devices: z.int(),
  registrations: z.int(),
  liveCalls: z.int(),
  trunks: z.array(trunkSummary),
  fraud: z.looseObject({}).nullable(),
  draining: z.object({ since: time, endsAt: time }).nullable(),
  held: z.looseObject({}),
  store: z.enum(['available', 'unavailable']),
  weakened: texts,
})

export const DIRECTORY_VIEWS = {
  status,
  systemStop: z.object({ pid: z.int(), liveCalls: z.int(), endsAt: time }),
  extensionAdd: extension,
  extensionList: z.array(extension),
  extensionSuspend: extension,
  extensionRestore: extension,
  extensionRemove: z.object({ number: text, devices: z.int() }),
  deviceAdd: credentials,
  deviceList: z.array(device),
  deviceRemove: z.object({ username: text }),
  deviceImport: z.object({ imported: z.int() }),
  callsLive: z.array(liveCall),
  callsPast: z.array(pastCall),
  callShow: pastCall,
  events: z.array(loggedEvent),
} as const
