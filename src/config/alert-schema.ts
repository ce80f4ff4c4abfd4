/** Where alerts go. Secrets stand in files of their own, never among the settings. */
import { z } from 'zod'
import { isHttpsUrl, network, port } from './schema-parts.ts'

const file = z.string().min(1).max(4_096)
const mailAddress = z
  .string()
  .max(254)
  .regex(/^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/, 'is not a mail address')

const mail = z
  .strictObject({
    /** Of the server that takes our mail. */
    host: z
      .string()
      .max(253)
      .regex(/^[A-Za-z0-9.:-]+$/, 'is not the name or address of a mail server'),
    port: port.min(1).optional(),
    /** `tls`: from the first octet (RFC 8314), on port 465. `starttls`: before anything is said (RFC 3207), on port 587. */
    security: z.enum(['starttls', 'tls']).default('starttls'),
    user: z.string().min(1).max(320).optional(),
    passwordFile: file.optional(),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(20),
    /** PEM authorities of the server's certificate, instead of the public ones. */
    caFile: file.optional(),
    /** No encryption and no certificate: for a relay on the same machine. */
    allowInsecurePlaintext: z.boolean().default(false),
  })
  .refine(value => (value.user === undefined) === (value.passwordFile === undefined), {
    message: 'needs user and passwordFile, or neither',
  })

const webhook = z.strictObject({
  url: z.string().max(2_048).refine(isHttpsUrl, 'is not an https: address without a user name'),
  /** Holds `whsec_` and 24 to 64 octets as base64, which the receiver knows too. */
  secretFile: file,
  caFile: file.optional(),
  /** Networks beside the public internet in which the name may lie. */
  networks: z.array(network).max(20).default([]),
})

export const alertSchema = z.strictObject({
  /** What links begin with. Default: our name, or address, and `httpsPort`. */
  linkUrl: z.string().max(512).refine(isHttpsUrl, 'is not an https: address without a user name').optional(),
  mail: mail.optional(),
  webhooks: z.array(webhook).max(10).default([]),
})

export type AlertConfiguration = z.output<typeof alertSchema>
