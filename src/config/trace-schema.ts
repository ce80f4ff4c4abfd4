/** What is kept of the signalling of calls, for who has to find out why one went wrong. */
import { z } from 'zod'
import { port } from './schema-parts.ts'

const homer = z
  .strictObject({
    host: z
      .string()
      .max(253)
      .regex(/^[A-Za-z0-9.:-]+$/, 'is not the name or address of a Homer'),
    /** TLS, unless one of the two below says otherwise. */
    port: port.min(1).default(9_061),
    /** PEM authorities of Homer's certificate, instead of the public ones. */
    caFile: z.string().min(1).max(4_096).optional(),
    /** The number of this system among those that send there. */
    captureId: z.int().min(1).max(4_294_967_295).default(2_001),
    /** TCP in the clear: who called whom is readable on the way. */
    allowInsecurePlaintext: z.boolean().default(false),
    /** UDP in the clear, of which some is lost, too. */
    allowInsecureUdp: z.boolean().default(false),
  })
  .refine(value => !(value.allowInsecurePlaintext && value.allowInsecureUdp), {
    message: 'needs one of allowInsecurePlaintext and allowInsecureUdp, or neither',
  })

const collector = z
  .strictObject({
    /** Where spans are taken: `https://otel.example.com:4318/v1/traces`. */
    url: z.string().max(2_048).refine(isHttpUrl, 'is not an https: address without a user name'),
    /** PEM authorities of its certificate, instead of the public ones. */
    caFile: z.string().min(1).max(4_096).optional(),
    /** Holds the value of `Authorization`. */
    tokenFile: z.string().min(1).max(4_096).optional(),
    /** Share of the calls. */
    sample: z.number().min(0).max(1).default(1),
    /** http: in the clear: when calls were, and how they went, is readable on the way. */
    allowInsecurePlaintext: z.boolean().default(false),
  })
  .refine(({ url, allowInsecurePlaintext }) => url.startsWith('https:') || allowInsecurePlaintext, {
    message: 'is http:, which needs allowInsecurePlaintext',
    path: ['url'],
  })

export const traceSchema = z.strictObject({
  /** `calls`: the SIP messages of calls, without secrets, sealed. `none`: nothing is kept. */
  keep: z.enum(['calls', 'none']).default('calls'),
  /** Days. */
  retention: z.int().min(1).max(396).default(30),
  /** Messages in a second, above which no further call is traced. */
  messagesPerSecond: z.int().min(1).max(100_000).default(500),
  /** Where the same messages go at once, by HEP version 3. */
  homer: homer.optional(),
  /** An OpenTelemetry collector, which gets the path of each call as spans. */
  collector: collector.optional(),
})

export type TraceConfiguration = z.output<typeof traceSchema>

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === ''
}
