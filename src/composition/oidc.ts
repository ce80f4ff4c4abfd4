/** Single sign-on as configured. */
import { readFileSync } from 'node:fs'
import type { IdentityProviderConfiguration } from '../config/identity-schema.ts'
import { createOidcSignIn, type OidcOptions } from '../identity/oidc/oidc-sign-in.ts'
import { STANDARD_AMR } from '../identity/oidc/second-factor.ts'
import type { OidcProvider, OidcSignIn } from '../identity/oidc/types.ts'
import { createHttpsFetch } from './https-fetch.ts'
import { readSecretFile } from './secret-file.ts'

/** Throws KeysError on a secret's file that cannot be used. Asks no provider yet. */
export function createOidc(
  configured: readonly IdentityProviderConfiguration[],
  options: Omit<OidcOptions, 'providers' | 'fetchFor'>,
): OidcSignIn {
  const providers = configured.map(providerOf)
  const fetches = new Map(
    configured.map(({ id, caFile }) => [
      id,
      createHttpsFetch({ ca: caFile === undefined ? undefined : readFileSync(caFile, 'utf8') }),
    ]),
  )
  return createOidcSignIn({ ...options, providers, fetchFor: id => fetches.get(id)! })
}

function providerOf({
  clientSecretFile,
  acceptedAmr,
  maximumAge: maximumAgeSeconds,
  caFile: _caFile,
  ...rest
}: IdentityProviderConfiguration): OidcProvider {
  const clientSecret = readSecretFile(clientSecretFile)
  return { ...rest, clientSecret, acceptedAmr: [...STANDARD_AMR, ...acceptedAmr], maximumAgeSeconds }
}
