/** What the firewall bans, allows and only tries, beside what it finds by itself. Nothing of it is needed. */
import { z } from 'zod'
import { isHttpsUrl, network } from './schema-parts.ts'

const file = z.string().min(1).max(4_096)

/** A list of networks that others keep. Their licences differ, so none is named by default. */
const list = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,32}$/, 'is not a name of small letters, digits and hyphens'),
    form: z.enum(['cidr', 'drop', 'apiban']),
    /** A file, or an https address on the public internet. */
    from: z
      .string()
      .max(2_048)
      .refine(
        text => (text.startsWith('/') || isHttpsUrl(text)) && !/[\0-\x20\x7f]/.test(text),
        'is neither the path of a file that begins with / nor an https: address without a user name',
      ),
    /** Holds what stands for `{key}` in the address, which no status or event then shows. */
    keyFile: file.optional(),
    /** Publishers ban those who ask too often: Spamhaus wants an hour at least. */
    refreshSeconds: z.int().min(300).max(1_209_600).default(86_400),
    mode: z.enum(['on', 'dry-run']).default('on'),
  })
  .refine(value => (value.keyFile !== undefined) === value.from.includes('{key}'), {
    message: 'needs {key} in from and keyFile, or neither',
  })

const country = z.string().regex(/^[A-Z]{2}$/, 'is not a country of two capital letters')

const bannedNetwork = z.union([
  z
    .string()
    .regex(/^AS[1-9][0-9]{0,9}$/, 'is neither an autonomous system such as AS64500 nor a network in CIDR notation'),
  network,
])

export const firewallSchema = z.strictObject({
  lists: z.array(list).max(16).default([]),
  /** ISO 3166-1 alpha-2: where the holder of an address is registered. Phones that are registered, and trunks, are spared. */
  countries: z.array(country).max(250).default([]),
  /** Autonomous systems (`AS64500`) and networks that are banned. */
  networks: z.array(bannedNetwork).max(10_000).default([]),
  /** Extension names and numbers that nobody has: who asks for one is an attacker. */
  decoys: z
    .array(z.string().regex(/^[A-Za-z0-9._+*#-]{2,64}$/, 'is not a user name or number of 2 to 64 characters'))
    .max(1_000)
    .default([]),
  /** Networks that are never banned. They are strangers otherwise: knownNetworks are those whose requests are answered. */
  allow: z.array(network).max(1_000).default([]),
  /** Of rules and checks by their names: `dry-run` says what it would do, and does nothing. */
  modes: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{1,63}$/), z.enum(['on', 'dry-run'])).default({}),
  /** Signatures of attack tools instead of ours, as JSON like `src/firewall/signatures/built-in.json`; read anew when it changes. */
  signaturesFile: file.optional(),
  /** `auto`: bans are in the kernel, too, where we may. */
  kernel: z.enum(['auto', 'off']).default('auto'),
})

export type FirewallConfiguration = z.output<typeof firewallSchema>
