/** What operations on trunks, numbers, groups and calling answer. */
import { z } from 'zod'
import { text, texts, time } from './directory-views.ts'

const textOrNull = text.nullable()
const anonymous = z.enum(['accept', 'reject'])

const trunk = z.looseObject({
  name: text,
  host: text,
  port: z.int().nullable(),
  transport: z.enum(['TLS', 'TCP', 'UDP']),
  purpose: z.enum(['provider', 'pbx']),
  state: z.enum(['enabled', 'disabled']),
  hasPassword: z.boolean(),
  certificateAuthority: z.object({ subject: text, fingerprint: text, notAfter: z.number() }).nullable(),
  weakened: texts,
  live: z
    .object({
      health: text,
      problem: textOrNull,
      registeredUntil: time.nullable(),
      calls: z.int(),
      tls: textOrNull,
      remote: textOrNull,
      roundTrip: z.number().nullable(),
    })
    .nullable(),
})

const number = z.object({ e164: text, label: text, target: text, afterHours: textOrNull, anonymous })

const group = z.object({
  number: text,
  name: text,
  strategy: z.enum(['all', 'in-order', 'longest-idle']),
  members: texts,
  stepSeconds: z.int(),
  otherwise: textOrNull,
})

const calling = z.object({
  country: text,
  outsidePrefix: textOrNull,
  areaCode: textOrNull,
  openCountries: texts,
  openClasses: z.array(z.enum(['special-service', 'fraud-prone'])),
  defaultCallerId: textOrNull,
  timeZone: text,
  hours: z.array(z.object({ days: z.array(z.int()), from: text, to: text })),
  holidays: texts,
  offNetForwarding: z.boolean(),
  emergencyLocation: textOrNull,
  emergencyLocationText: textOrNull,
  emergencyNotify: texts,
})

const extensionCalling = z.object({
  extension: text,
  callerId: textOrNull,
  privacy: z.boolean(),
  doNotDisturb: z.boolean(),
  forwardAlways: textOrNull,
  forwardBusy: textOrNull,
  forwardNoAnswer: textOrNull,
  forwardUnreachable: textOrNull,
  noAnswerSeconds: z.int(),
  anonymous,
  maximumCalls: z.int(),
  emergencyLocationText: textOrNull,
})

export const OUTSIDE_VIEWS = {
  trunkAdd: trunk,
  trunkList: z.array(trunk),
  trunkShow: trunk,
  trunkChange: trunk,
  trunkTest: z.looseObject({}),
  trunkRemove: z.object({ name: text }),
  numberAdd: number,
  numberList: z.array(number),
  numberRoute: number,
  numberRemove: z.object({ e164: text }),
  groupAdd: group,
  groupList: z.array(group),
  groupChange: group,
  groupRemove: z.object({ number: text }),
  callingShow: calling,
  callingChange: calling,
  extensionCallingShow: extensionCalling,
  extensionCallingChange: extensionCalling,
  dialDryRun: z.object({
    e164: textOrNull,
    class: z.enum(['ordinary', 'special-service', 'fraud-prone', 'emergency', 'internal']).nullable(),
    verdict: z.enum(['allowed', 'denied']),
    route: texts,
    callerId: textOrNull,
    reason: text,
  }),
} as const
