/** Sign-in by an identity provider (OpenID Connect): what the HTTP door asks for. */
import type { Secret } from '../../base/secret.ts'
import type { Origin, Outcome, SignedIn } from '../types.ts'

/** A provider as configured. */
export interface OidcProvider {
  /** In paths: small letters, digits and hyphens. */
  readonly id: string
  /** As people see it on the button. */
  readonly name: string
  /** `https://…`, exactly as the provider calls itself. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Secret
  /** It is believed about addresses of these domains only, lower case. */
  readonly domains: readonly string[]
  /** Values of `acr` that mean a second factor there; they are asked for, too. */
  readonly acceptedAcr: readonly string[]
  /** Values of `amr` that mean it; all of `a+b` have to be there. */
  readonly acceptedAmr: readonly string[]
  /** How long ago they may have signed in there. Undefined: the provider's matter. */
  readonly maximumAgeSeconds: number | undefined
}

/**
 * `begin` answers where the browser goes, and a `ceremony` that it has to bring back in a cookie: `OIDC_COOKIE`, Secure,
 * HttpOnly, Path=/, SameSite=Lax (it comes back from another site), Max-Age=600. The callback takes the cookie away again.
 *
 * A session cookie with SameSite=Strict is not sent along a redirection that another site began: the callback answers
 * 200 with a page that goes on by itself, not 302.
 */
export interface OidcSignIn {
  readonly providers: readonly { readonly id: string; readonly name: string }[]
  begin(
    provider: string,
    origin: Origin,
  ): Outcome<{ readonly location: string; readonly ceremony: Secret; readonly lifetimeSeconds: number }>
  /** `url`: path and query as the browser asked for them, of `GET /api/v1/auth/oidc/callback/{provider}`. */
  finish(input: { readonly ceremony: string; readonly url: string }, origin: Origin): Outcome<SignedIn>
}

export const OIDC_COOKIE = '__Host-ringfence-oidc'

/**
 * Each provider has a callback of its own: a code of one is never sent to another (mix-up, RFC 9700 §4.4). This is what
 * has to be registered there, behind `https://HOST:PORT`.
 */
export function callbackPath(provider: string): string {
  return `/api/v1/auth/oidc/callback/${provider}`
}
