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

const chat = z.strictObject({
  /** `slack` is what Mattermost and others take, too. */
  kind: z.enum(['slack', 'teams']),
  /** Holds the address of the incoming webhook: whoever knows it may write there. */
  urlFile: file,
  caFile: file.optional(),
  /** Networks beside the public internet in which the name may lie. */
  networks: z.array(network).max(20).default([]),
})

const wallClock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is not a time such as 22:00')

/** What is not critical waits until they are over, and is one message then. */
const quietHours = z
  .strictObject({
    from: wallClock,
    to: wallClock,
    /** Default: that of the organisation's schedule. */
    timeZone: z.string().max(64).refine(isTimeZone, 'is no time zone such as Europe/Berlin').optional(),
  })
  .refine(({ from, to }) => from !== to, { message: 'needs two different times' })

/** Whom to tell of what nobody saw to. */
const escalation = z
  .strictObject({
    /** Minutes that people have to see to it. */
    after: z.int().min(1).max(1_440).default(15),
    /** The least urgency that is told. */
    from: z.enum(['error', 'critical']).default('critical'),
    /** By the server that `alerts.mail` names. */
    mailTo: z.array(mailAddress).max(20).default([]),
    webhooks: z.array(webhook).max(10).default([]),
    chats: z.array(chat).max(10).default([]),
  })
  .refine(value => value.mailTo.length + value.webhooks.length + value.chats.length > 0, {
    message: 'needs somebody to tell: mailTo, webhooks or chats',
  })

export const alertSchema = z
  .strictObject({
    /** What links begin with. Default: our name, or address, and `httpsPort`. */
    linkUrl: z.string().max(512).refine(isHttpsUrl, 'is not an https: address without a user name').optional(),
    mail: mail.optional(),
    webhooks: z.array(webhook).max(10).default([]),
    chats: z.array(chat).max(10).default([]),
    quietHours: quietHours.optional(),
    escalation: escalation.optional(),
  })
  .refine(value => value.mail !== undefined || (value.escalation?.mailTo.length ?? 0) === 0, {
    message: 'needs mail, the server that escalation.mailTo is told by',
    path: ['escalation', 'mailTo'],
  })

export type AlertConfiguration = z.output<typeof alertSchema>

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}
