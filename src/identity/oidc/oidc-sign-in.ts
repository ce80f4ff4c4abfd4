/**
 * Sign-in by OpenID Connect: authorization code with PKCE, state, nonce and a callback for each provider. What stands
 * between the two requests travels with the browser, sealed, and is used once. A provider proves who it is only for
 * addresses of its own domains that it has verified, and only when it says that a second factor was used.
 */
import type { CustomFetch } from 'openid-client'
import type { Clock } from '../../base/clock.ts'
import { randomToken } from '../../base/random.ts'
import { ok } from '../../base/result.ts'
import { constantTimeEqual, Secret } from '../../base/secret.ts'
import type { EventPublisher } from '../../events/bus.ts'
import { type Attempts, createAttempts } from '../attempts.ts'
import type { Sealing } from '../ceremonies.ts'
import { refuse } from '../context.ts'
import type { IdentityRepository } from '../repository.ts'
import type { Identity, Origin, Outcome, SignedIn } from '../types.ts'
import {
  type Claims,
  type CodeRequest,
  createProviderClient,
  type ProviderClient,
  ProviderError,
} from './provider-client.ts'
import { secondFactorOf } from './second-factor.ts'
import { callbackPath, type OidcProvider, type OidcSignIn } from './types.ts'

export interface OidcOptions {
  readonly providers: readonly OidcProvider[]
  readonly identity: Pick<Identity, 'signInProvider'>
  readonly repository: Pick<IdentityRepository, 'useOnce'>
  readonly sealing: Sealing
  readonly clock: Clock
  readonly events: EventPublisher
  /** By the id of the provider: each may have an authority of its own. */
  readonly fetchFor: (provider: string) => CustomFetch
}

interface Ceremony extends CodeRequest {
  readonly provider: string
  /** The host that it began at. */
  readonly host: string
  readonly expiresAt: number
}

/** What strangers from one network do is told so often and not more: nobody fills the log. */
interface Told extends OidcOptions {
  readonly attempts: Pick<Attempts, 'mayTell'>
}

interface Known {
  readonly provider: OidcProvider
  readonly client: ProviderClient
}

const CEREMONY_MS = 10 * 60_000
const CONTEXT = 'ceremony:oidc'
const LONGEST_CEREMONY = 4_096
const LONGEST_URL = 8_192
/** Codes that are exchanged at the same time: strangers make us ask providers no faster. */
const MAXIMUM_EXCHANGES = 32
const WRONG = 'that did not work: sign in with the address that you were invited with'

export function createOidcSignIn(given: OidcOptions): OidcSignIn {
  const options: Told = { ...given, attempts: createAttempts() }
  const { providers, clock, sealing, fetchFor } = options
  const known = new Map(
    providers.map(provider => [
      provider.id,
      { provider, client: createProviderClient(provider, fetchFor(provider.id), clock) },
    ]),
  )
  let exchanges = 0
  return {
    providers: providers.map(({ id, name }) => ({ id, name })),
    async begin(id, origin) {
      const of = known.get(id)
      if (of === undefined) return refuse('PEOPLE_UNKNOWN', 'there is no such provider', { field: 'provider' })
      const expiresAt = clock.now() + CEREMONY_MS
      const request = { state: randomToken(32), nonce: randomToken(32), verifier: randomToken(32) }
      const ceremony: Ceremony = { ...request, provider: id, host: origin.host, expiresAt }
      try {
        const location = await of.client.authorizationUrl(request, callbackOf(id, origin).href)
        const sealed = new Secret(sealing.seal(JSON.stringify(ceremony), CONTEXT))
        return ok({ location, ceremony: sealed, lifetimeSeconds: CEREMONY_MS / 1_000 })
      } catch (error) {
        return failed(options, of.provider, origin, error)
      }
    },
    async finish({ ceremony, url }, origin) {
      if (exchanges >= MAXIMUM_EXCHANGES) {
        return refuse('PEOPLE_LOCKED', 'many people sign in at this moment: try again in 5 s', { retryAfter: 5 })
      }
      exchanges++
      try {
        return await finish(options, known, { ceremony, url }, origin)
      } finally {
        exchanges--
      }
    },
  }
}

function callbackOf(provider: string, { host }: Origin): URL {
  return new URL(`https://${host}${callbackPath(provider)}`)
}

async function finish(
  options: Told,
  known: ReadonlyMap<string, Known>,
  { ceremony: sealed, url: text }: { readonly ceremony: string; readonly url: string },
  origin: Origin,
): Outcome<SignedIn> {
  const { repository } = options
  const ceremony = readCeremony(options, sealed)
  const of = ceremony === undefined ? undefined : known.get(ceremony.provider)
  if (ceremony === undefined || of === undefined || ceremony.host !== origin.host) return over()
  const url = text.length > LONGEST_URL ? null : URL.parse(`https://${origin.host}${text}`)
  const callback = callbackOf(ceremony.provider, origin)
  // Of another provider, or of another browser: what began there is not finished here.
  if (url === null || url.origin !== callback.origin || url.pathname !== callback.pathname) return over()
  if (!constantTimeEqual(url.searchParams.get('state') ?? '', ceremony.state)) return over()
  if (!(await repository.useOnce(`oidc:${ceremony.state}`, ceremony.expiresAt))) return over()
  try {
    return await proved(options, of.provider, await of.client.claims(ceremony, url), origin)
  } catch (error) {
    return failed(options, of.provider, origin, error)
  }
}

function readCeremony({ sealing, clock }: OidcOptions, sealed: string): Ceremony | undefined {
  if (sealed.length > LONGEST_CEREMONY) return undefined
  try {
    const ceremony = JSON.parse(sealing.open(sealed, CONTEXT).toString('utf8')) as Ceremony
    return ceremony.expiresAt > clock.now() ? ceremony : undefined
  } catch {
    return undefined
  }
}

function over() {
  return refuse('PEOPLE_EXPIRED', 'this sign-in is over or was begun elsewhere: begin again')
}

async function proved(options: Told, provider: OidcProvider, claims: Claims, origin: Origin): Outcome<SignedIn> {
  const { issuer, subject, acr, amr } = claims
  const email = verifiedEmail(claims, provider)
  if (typeof email !== 'string') {
    tell(options, provider, origin, email.reason)
    return refuse('PEOPLE_WRONG_CREDENTIALS', WRONG)
  }
  if (secondFactorOf({ acr, amr }, provider) === undefined) {
    tell(options, provider, origin, `it did not say that a second factor was used (${said(acr, amr)})`, email)
    const message = `${provider.name} did not say that a second factor was used: switch it on for your account there`
    return refuse('PEOPLE_PROVIDER_WITHOUT_MFA', message)
  }
  return options.identity.signInProvider({ provider: provider.id, issuer, subject, email }, origin)
}

/** Letters that look alike, and case that folds into another letter, are somebody else's address: plain ASCII only. */
function verifiedEmail(
  { email, emailVerified }: Claims,
  { domains }: OidcProvider,
): string | { readonly reason: string } {
  if (typeof email !== 'string') return { reason: 'it told no e-mail address' }
  if (emailVerified !== true) return { reason: 'it did not verify the e-mail address' }
  if (!/^[\x21-\x7e]{1,64}@[\x21-\x7e]{1,253}$/.test(email)) return { reason: 'the e-mail address is malformed' }
  const lower = email.toLowerCase()
  if (lower.split('@').length === 2 && domains.includes(lower.slice(lower.indexOf('@') + 1))) return lower
  return { reason: 'it is not believed about addresses of this domain' }
}

function said(acr: unknown, amr: unknown): string {
  const text = JSON.stringify({ acr, amr }) ?? ''
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
}

function failed(options: Told, provider: OidcProvider, origin: Origin, error: unknown) {
  if (!(error instanceof ProviderError)) throw error
  tell(options, provider, origin, error.message)
  if (!error.unreachable) return refuse('PEOPLE_WRONG_CREDENTIALS', WRONG)
  return refuse('PEOPLE_PROVIDER_UNAVAILABLE', `${provider.name} cannot be asked at this moment: sign in another way`)
}

function tell(
  { events, attempts, clock }: Told,
  { id }: OidcProvider,
  { address, userAgent }: Origin,
  reason: string,
  email = '-',
): void {
  if (!attempts.mayTell(address, clock.now())) return
  const payload = {
    person: email.slice(0, 64),
    address,
    userAgent: userAgent.slice(0, 256),
    method: `oidc ${id}`,
    reason,
  }
  events.publish('people.sign-in-failed', payload)
}
