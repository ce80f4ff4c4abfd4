/** What the operations of the way to the outside take. Lengths and kinds are bounded here; the directory checks what they mean. */
import { z } from 'zod'
import type { OutsideOperations } from './outside-operations.ts'
import { parseTarget, TARGET_EXAMPLES } from './target-text.ts'

const MAXIMUM_PEM = 16_384
const MAXIMUM_LOCATION = 16_384

const shortText = z.string().max(256)
const name = z.string().max(64)
const seconds = z.int().min(1).max(3_600)
const networks = z.array(shortText).max(64)
const target = z.string().refine(text => parseTarget(text) !== undefined, `is none of ${TARGET_EXAMPLES}`)
const country = z.string().regex(/^[A-Z]{2}$/, 'is no country in two letters, such as DE')
const anonymous = z.enum(['accept', 'reject'])
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'is no date such as 2026-12-25')
const clockTime = z.string().regex(/^\d{2}:\d{2}$/, 'is no time such as 09:00')

const trunkSettings = {
  port: z.int().min(1).max(65_535).nullable().exactOptional(),
  transport: z.enum(['TLS', 'TCP', 'UDP']).exactOptional(),
  purpose: z.enum(['provider', 'pbx']).exactOptional(),
  state: z.enum(['enabled', 'disabled']).exactOptional(),
  allowInsecureSignalling: z.boolean().exactOptional(),
  allowInsecureMedia: z.boolean().exactOptional(),
  sources: networks.exactOptional(),
  certificateNames: z.array(shortText).max(16).exactOptional(),
  certificateAuthority: z.string().max(MAXIMUM_PEM).nullable().exactOptional(),
  register: z.boolean().exactOptional(),
  username: shortText.nullable().exactOptional(),
  password: z.string().min(1).max(256).nullable().exactOptional(),
  domain: shortText.nullable().exactOptional(),
  priority: z.int().min(0).max(65_535).exactOptional(),
  weight: z.int().min(0).max(65_535).exactOptional(),
  maximumCalls: z.int().min(1).max(100_000).exactOptional(),
  callsPerSecond: z.number().positive().max(10_000).exactOptional(),
  numberFormat: z.enum(['+e164', 'e164', 'national']).exactOptional(),
  signIdentity: z.boolean().exactOptional(),
}

const numberSettings = {
  label: shortText.exactOptional(),
  afterHours: target.nullable().exactOptional(),
  anonymous: anonymous.exactOptional(),
}

const members = z.array(shortText).max(50)
const groupSettings = {
  name: shortText.exactOptional(),
  strategy: z.enum(['all', 'in-order', 'longest-idle']).exactOptional(),
  stepSeconds: seconds.exactOptional(),
  otherwise: target.nullable().exactOptional(),
}

const hours = z.strictObject({ days: z.array(z.int().min(1).max(7)).max(7), from: clockTime, to: clockTime })

export const OUTSIDE_SCHEMAS = {
  trunkAdd: z.strictObject({ name, host: shortText, ...trunkSettings }),
  trunkList: z.strictObject({}),
  trunkShow: z.strictObject({ name }),
  trunkChange: z.strictObject({ name, host: shortText.exactOptional(), ...trunkSettings }),
  trunkTest: z.strictObject({ name }),
  trunkRemove: z.strictObject({ name }),
  numberAdd: z.strictObject({ e164: shortText, target, ...numberSettings }),
  numberList: z.strictObject({}),
  numberRoute: z.strictObject({ e164: shortText, target: target.exactOptional(), ...numberSettings }),
  numberRemove: z.strictObject({ e164: shortText }),
  groupAdd: z.strictObject({ number: shortText, members, ...groupSettings }),
  groupList: z.strictObject({}),
  groupChange: z.strictObject({ number: shortText, members: members.exactOptional(), ...groupSettings }),
  groupRemove: z.strictObject({ number: shortText }),
  callingShow: z.strictObject({}),
  callingChange: z.strictObject({
    country: country.exactOptional(),
    outsidePrefix: z.string().max(8).nullable().exactOptional(),
    areaCode: z.string().max(8).nullable().exactOptional(),
    openCountries: z.array(country).max(300).exactOptional(),
    openClasses: z
      .array(z.enum(['special-service', 'fraud-prone']))
      .max(2)
      .exactOptional(),
    defaultCallerId: shortText.nullable().exactOptional(),
    timeZone: shortText.exactOptional(),
    hours: z.array(hours).max(50).exactOptional(),
    holidays: z.array(date).max(1_000).exactOptional(),
    offNetForwarding: z.boolean().exactOptional(),
    emergencyLocation: z.string().max(MAXIMUM_LOCATION).nullable().exactOptional(),
    emergencyLocationText: shortText.nullable().exactOptional(),
    emergencyNotify: z.array(shortText).max(50).exactOptional(),
  }),
  extensionCallingShow: z.strictObject({ extension: shortText }),
  extensionCallingChange: z.strictObject({
    extension: shortText,
    callerId: shortText.nullable().exactOptional(),
    privacy: z.boolean().exactOptional(),
    doNotDisturb: z.boolean().exactOptional(),
    forwardAlways: target.nullable().exactOptional(),
    forwardBusy: target.nullable().exactOptional(),
    forwardNoAnswer: target.nullable().exactOptional(),
    forwardUnreachable: target.nullable().exactOptional(),
    noAnswerSeconds: seconds.exactOptional(),
    anonymous: anonymous.exactOptional(),
    maximumCalls: z.int().min(0).max(1_000).exactOptional(),
    emergencyLocationText: shortText.nullable().exactOptional(),
  }),
  dialDryRun: z.strictObject({ number: shortText, from: shortText }),
} as const satisfies Record<keyof OutsideOperations, z.ZodType>
