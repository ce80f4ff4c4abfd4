/** One identity provider, with us as its client: found by discovery, asked for a code, and the code turned into claims. */
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import type { Secret } from '../../base/secret.ts'
import type { OidcProvider } from './types.ts'

/** What stands between asking for a code and having it; each is random and used once. */
export interface CodeRequest {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface Claims {
  readonly issuer: string
  readonly subject: string
  readonly email: unknown
  readonly emailVerified: unknown
  readonly acr: unknown
  readonly amr: unknown
}

/** Both reject with ProviderError. */
export interface ProviderClient {
  authorizationUrl(request: CodeRequest, redirectUri: string): Promise<string>
  /** `url`: the callback with all of its parameters. */
  claims(request: CodeRequest, url: URL): Promise<Claims>
}

/** `unreachable`: it cannot be asked at all; otherwise it answered, and that was not what proves somebody. */
export class ProviderError extends Error {
  readonly unreachable: boolean

  constructor(message: string, unreachable: boolean) {
    super(message)
    this.name = 'ProviderError'
    this.unreachable = unreachable
  }
}

const TIMEOUT_S = 10
const KNOWN_MS = 3_600_000
const FAILED_MS = 10_000

export function createProviderClient(provider: OidcProvider, fetch: CustomFetch, clock: Clock): ProviderClient {
  let found: { readonly configuration: Promise<Configuration>; readonly until: number } | undefined

  /** One question at a time, whoever asks; a failure is kept for a moment, so that strangers cannot make us ask on and on. */
  function configuration(): Promise<Configuration> {
    const now = clock.now()
    if (found === undefined || now >= found.until) {
      const asked = discover(provider, fetch)
      found = { configuration: asked, until: now + KNOWN_MS }
      asked.catch(() => {
        found = { configuration: asked, until: clock.now() + FAILED_MS }
      })
    }
    return found.configuration
  }

  const { acceptedAcr, maximumAgeSeconds } = provider
  return {
    async authorizationUrl({ state, nonce, verifier }, redirectUri) {
      const url = buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: 'openid email',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(acceptedAcr.length === 0 ? {} : { acr_values: acceptedAcr.join(' ') }),
        ...(maximumAgeSeconds === undefined ? {} : { max_age: String(maximumAgeSeconds) }),
      })
      if (url.protocol !== 'https:') throw new ProviderError('it would be asked in clear', true)
      return url.href
    },
    async claims({ state, nonce, verifier }, url) {
      const known = await configuration()
      try {
        const tokens = await authorizationCodeGrant(known, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
          ...(maximumAgeSeconds === undefined ? {} : { maxAge: maximumAgeSeconds }),
        })
        const claims = tokens.claims()
        if (claims === undefined) throw new ProviderError('it sent no ID token', false)
        const { iss: issuer, sub: subject, acr, amr } = claims
        // Who it is may be told apart from that it was proved; how it was proved is in the signed token alone.
        const about = claims['email'] === undefined ? await fetchUserInfo(known, tokens.access_token, subject) : claims
        const { email, email_verified: emailVerified } = about
        return { issuer, subject, email, emailVerified, acr, amr }
      } catch (error) {
        throw error instanceof ProviderError ? error : new ProviderError(wordsOf(error), isUnreachable(error))
      }
    },
  }
}

async function discover(provider: OidcProvider, fetch: CustomFetch): Promise<Configuration> {
  try {
    const metadata = { client_id: provider.clientId, redirect_uris: [] }
    const configuration = await discovery(
      new URL(provider.issuer),
      provider.clientId,
      metadata,
      authentication(provider.clientSecret),
      { [customFetch]: fetch, timeout: TIMEOUT_S, execute: [enableNonRepudiationChecks] },
    )
    const { issuer } = configuration.serverMetadata()
    // The library lets the issuer of "any tenant" pass, where everybody can have an account under every name.
    if (new URL(issuer).href !== new URL(provider.issuer).href) {
      throw new ProviderError(`it calls itself ${issuer.slice(0, 256)}, not ${provider.issuer}`, true)
    }
    return configuration
  } catch (error) {
    throw error instanceof ProviderError ? error : new ProviderError(wordsOf(error), true)
  }
}

/** In the header, as every provider has to take it, unless it says that it does not (RFC 6749 §2.3.1). */
function authentication(secret: Secret): ClientAuth {
  const inHeader = ClientSecretBasic(secret.reveal())
  const inBody = ClientSecretPost(secret.reveal())
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const use = methods.includes('client_secret_basic') ? inHeader : inBody
    return use(server, client, body, headers)
  }
}

/** Codes and words of the library and of our own transport: what the provider or a stranger wrote stays out of our log. */
function wordsOf(error: unknown): string {
  const unreachable = unreachableIn(error)
  if (unreachable !== undefined) return String(unreachable.message).slice(0, 200)
  const { message, code, error: answered, cause } = error as Record<string, unknown>
  const inner = cause instanceof Error ? cause : undefined
  const codes = [code, answered].filter(each => typeof each === 'string' && /^[A-Za-z_]{1,64}$/.test(each))
  const words = [message, inner?.message].filter(each => typeof each === 'string' && each !== '')
  return [...new Set([...words, ...codes])].join(', ').slice(0, 200)
}

function isUnreachable(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return unreachableIn(error) !== undefined || code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT'
}

/** The library wraps what the transport threw. */
function unreachableIn(error: unknown): Error | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 4; each = each.cause, depth++) {
    if (each.name === 'UnreachableError') return each
  }
  return undefined
}
