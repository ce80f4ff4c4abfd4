/** The parts that settings are made of; each message completes a sentence that begins with the setting's name. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { parseNetwork } from '../base/network.ts'

export const port = z.int().min(0).max(65_535)
export const address = z.string().refine(text => isIP(text) !== 0, 'is not an IP address')
export const network = z.string().refine(text => parseNetwork(text) !== undefined, 'is not a network in CIDR notation')

/** A host name of two labels or more, lower case (RFC 1123 §2.1). */
export const domainName = z
  .string()
  .max(253, 'is longer than 253 characters')
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'is not a domain name in lower case',
  )

const path = z.string().min(1).max(4_096)

/** The operator's own certificate: PEM files, watched for a change. */
export const certificateSchema = z.strictObject({
  certificateFile: path,
  privateKeyFile: path,
})

/** A certificate by RFC 8555, proved over HTTP on port 80 (or one that port 80 is forwarded to). */
export const acmeSchema = z.strictObject({
  acme: z.strictObject({
    directoryUrl: z
      .string()
      .regex(/^https?:\/\/\S+$/, 'is not a URL')
      .default('https://acme-v02.api.letsencrypt.org/directory'),
    names: z.array(domainName).min(1).max(100),
    email: z
      .string()
      .regex(/^[^\s@]+@[^\s@]+$/, 'is not a mail address')
      .optional(),
    httpPort: port.default(80),
    /** Accepting the terms is the operator's act. */
    termsOfServiceAgreed: z.literal(true, 'has to be true: read and accept the terms of the ACME server'),
  }),
})

/** Signed calls (RFC 8224): the key of ours, and the authorities whose certificates count for calls that come in. */
export const callerIdentitySchema = z
  .strictObject({
    privateKeyFile: path.optional(),
    /** Where everybody fetches the certificate of that key. */
    certificateUrl: z
      .string()
      .regex(/^https:\/\/[^\s<>";]+$/, 'is not an https: address')
      .optional(),
    trustAnchorsFile: path.optional(),
  })
  .refine(value => (value.privateKeyFile === undefined) === (value.certificateUrl === undefined), {
    message: 'needs privateKeyFile and certificateUrl, or neither',
  })

export const insecureListener = z.strictObject({
  transport: z.enum(['udp', 'tcp', 'ws']),
  address,
  port,
  /** Only these networks are answered. */
  sources: z.array(network).min(1, 'names no network: it would be open to everybody').max(100),
  /** When the listener closes by itself: a date in ISO 8601. Kept as milliseconds since the epoch. */
  expires: z.union([z.string(), z.date()]).transform((value, context) => {
    const time = new Date(value).getTime()
    if (Number.isFinite(time)) return time
    context.addIssue({ code: 'custom', message: 'is not a date' })
    return z.NEVER
  }),
})

export function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === ''
}
