/** Who else may say who somebody is: providers of OpenID Connect. Nothing of it is needed: people sign in here by themselves. */
import { z } from 'zod'
import { domainName, isHttpsUrl } from './schema-parts.ts'

const file = z.string().min(1).max(4_096)

export const identityProviderSchema = z.strictObject({
  /** In the address that has to be registered there: `https://HOST:PORT/api/v1/auth/oidc/callback/ID`. */
  id: z.string().regex(/^[a-z0-9-]{1,32}$/, 'is not a name of small letters, digits and hyphens'),
  /** On the button. */
  name: z.string().regex(/^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u, 'is not a name of 1 to 64 characters on one line'),
  issuer: z
    .string()
    .max(512)
    .refine(
      text => isHttpsUrl(text) && !text.includes('?') && !text.includes('/.well-known/'),
      'is not the https: address by which the provider calls itself',
    ),
  clientId: z.string().min(1).max(256),
  /** Holds the secret alone. */
  clientSecretFile: file,
  /** The provider is believed about addresses of these domains only. */
  domains: z.array(domainName).min(1, 'names no domain: the provider would be believed about nobody').max(100),
  /** Values of `acr` that mean a second factor there. They are asked for, too. */
  acceptedAcr: z
    .array(z.string().regex(/^[\x21-\x7e]{1,256}$/, 'is not a value without spaces'))
    .max(20)
    .default([]),
  /** Beside those that RFC 8176 makes sure: values of `amr` that mean it there; of `a+b` both have to be there. */
  acceptedAmr: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}(?:\+[A-Za-z0-9_-]{1,64}){0,3}$/, 'is not a value such as hwk+user'))
    .max(20)
    .default([]),
  /** Seconds: how long ago they may have signed in there. */
  maximumAge: z.int().min(60).max(31_536_000).optional(),
  /** PEM authorities of the provider's certificate, instead of the public ones. */
  caFile: file.optional(),
})

export type IdentityProviderConfiguration = z.output<typeof identityProviderSchema>
