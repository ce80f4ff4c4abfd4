/** Every setting with its secure default. Whatever weakens the system is spelled `allowInsecure…`. */
import { hostname } from 'node:os'
import { z } from 'zod'
import { alertSchema } from './alert-schema.ts'
import { detectionSchema } from './detection-schema.ts'
import { traceSchema } from './trace-schema.ts'
import { firewallSchema } from './firewall-schema.ts'
import { identityProviderSchema } from './identity-schema.ts'
import {
  acmeSchema,
  address,
  callerIdentitySchema,
  certificateSchema,
  domainName,
  insecureListener,
  network,
  port,
} from './schema-parts.ts'

const HOUR = 3_600

/** The machine's name when it is a full one; otherwise a name under the private-use top level `internal`. */
export function defaultDomain(name = hostname()): string {
  const lower = name.toLowerCase()
  return domainName.safeParse(lower).success ? lower : 'phones.internal'
}

const media = z.strictObject({
  /** UDP ports of SRTP, first and last; two for each stream of a leg. */
  portFrom: port.default(20_000),
  portTo: port.default(39_999),
  /** Worker threads; 0 = one for each core but one, at least one. */
  workers: z.int().min(0).max(64).default(0),
  /** Seconds without an authenticated packet after which a call ends. */
  timeout: z.int().min(5).max(HOUR).default(60),
})

const limits = z.strictObject({
  connections: z.int().min(10).max(200_000).default(20_000),
  connectionsPerSource: z.int().min(1).max(200_000).default(200),
  /** SIP message, octets. */
  messageSize: z.int().min(1_300).max(1_048_576).default(65_535),
  transactions: z.int().min(100).max(1_000_000).default(50_000),
  calls: z.int().min(1).max(100_000).default(2_000),
  bindingsPerExtension: z.int().min(1).max(100).default(20),
  /** Seconds that a phone rings. */
  ringTime: z.int().min(5).max(600).default(120),
  /** Messages per second of a source that has not authenticated. */
  messagesPerSecondPerSource: z.int().min(1).max(100_000).default(20),
})

const registration = z
  .strictObject({
    /** Seconds. Shorter wishes are refused with 423 (RFC 3261 §10.3). */
    min: z.int().min(10).max(HOUR).default(60),
    max: z.int().min(60).max(86_400).default(HOUR),
    default: z.int().min(60).max(86_400).default(600),
  })
  .refine(value => value.min <= value.default && value.default <= value.max, {
    message: 'min, default and max have to ascend',
  })

const store = z.strictObject({
  /** A PostgreSQL server instead of the embedded one. */
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'is not a PostgreSQL address')
    .optional(),
  /** System user of the embedded PostgreSQL when we run as root. Default: `ringfence` if it exists, else `nobody`. */
  runAs: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'is not the name of a system user')
    .optional(),
})

/** The console and the API; phones are not concerned. */
const administration = z.strictObject({
  /** From where people and programs may come. Empty: from anywhere. */
  networks: z.array(network).max(1_000).default([]),
})

export const configurationSchema = z.strictObject({
  domain: domainName.optional(),
  /** Addresses that every listener binds to. */
  listen: z.array(address).min(1).max(16).default(['0.0.0.0', '::']),
  sipTlsPort: port.default(5_061),
  httpsPort: port.default(8_443),
  /** What phones outside reach us by, behind a one-to-one NAT. */
  externalAddress: address.optional(),
  /** Pages of other hosts whose scripts may register and call over WebSocket (RFC 6455 §10.2). */
  webSocketOrigins: z
    .array(
      z
        .string()
        .max(300)
        .regex(
          /^https:\/\/[a-z0-9.-]+(?::\d{1,5})?$|^https:\/\/\[[0-9a-f:.]+\](?::\d{1,5})?$/,
          'is not https://HOST or https://HOST:PORT, in small letters, without a path',
        ),
    )
    .max(100)
    .default([]),
  media: media.default(() => media.parse({})),
  limits: limits.default(() => limits.parse({})),
  /** Networks that the firewall treats as known: phones and trunks of this business. */
  knownNetworks: z.array(network).max(1_000).default([]),
  firewall: firewallSchema.default(() => firewallSchema.parse({})),
  registration: registration.default(() => registration.parse({})),
  certificate: z.union([certificateSchema, acmeSchema]).optional(),
  /** ISO 3166-1 alpha-2: whose numbers are dialled as at home. Default: what the domain's top level says, else US. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not a country of two capital letters')
    .optional(),
  callerIdentity: callerIdentitySchema.default({}),
  alerts: alertSchema.default(() => alertSchema.parse({})),
  detections: detectionSchema.default(() => detectionSchema.parse({})),
  trace: traceSchema.default(() => traceSchema.parse({})),
  administration: administration.default(() => administration.parse({})),
  /** Single sign-on: OpenID Connect. */
  identityProviders: z.array(identityProviderSchema).max(8).default([]),
  /** PEM file of the CA whose client certificates phones may show. */
  clientCa: z.string().min(1).max(4_096).optional(),
  store: store.default({}),
  allowInsecureListeners: z.array(insecureListener).max(16).default([]),
})

export type ConfigurationFile = z.output<typeof configurationSchema>

/** The settings in force. Read-only, complete: nothing else looks at files or the environment. */
export interface Configuration extends Omit<ConfigurationFile, 'domain'> {
  readonly dataDirectory: string
  /** The file that was read, if any. */
  readonly file: string | undefined
  readonly domain: string
  /** Names of the settings that a flag or the environment set. */
  readonly overridden: readonly string[]
}

export type InsecureListener = Configuration['allowInsecureListeners'][number]
export type CertificateConfiguration = NonNullable<Configuration['certificate']>
