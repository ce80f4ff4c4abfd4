/** Challenges, and judges what answers them (RFC 3261 §22, RFC 7616, RFC 8760). */
import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { constantTimeEqual } from '../../base/secret.ts'
import { createSteadyTime } from '../../base/steady-time.ts'
import type { AuthenticationValue } from '../message/challenge.ts'
import { encodeText, quoteString } from '../message/text.ts'
import type { SipRequest } from '../message/types.ts'
import { type DigestCredentials, readCredentials } from './credentials.ts'
import { type DigestAlgorithm, digestOf, digestResponse, type DigestSecrets } from './digest.ts'
import { createNonceMint } from './nonce.ts'
import { NonceCounts } from './nonce-counts.ts'
import { digestUriMatches, digestUriNamesServer, type ServerAddress } from './uri-match.ts'

export interface AuthenticatorOptions {
  /** Nonces carry the wall-clock time of the start and what has passed since: a clock that is set makes none stale. */
  readonly clock: Clock
  /** At least 16 secret bytes. With the same key nonces are recognised after a restart (and refused as stale). */
  readonly nonceKey: Uint8Array
  /** Milliseconds that a nonce is accepted after it was given out. Default 300,000. */
  readonly nonceLifetimeMs?: number | undefined
  /** Nonces whose counts are remembered at once. Default 65,536. */
  readonly maximumNonces?: number | undefined
}

export interface ChallengeOptions {
  /** The credentials were right but for their nonce: the phone repeats them without asking anybody. Default false. */
  readonly stale?: boolean | undefined
  /** Proxy-Authenticate (for 407) instead of WWW-Authenticate (for 401). Default false. */
  readonly proxy?: boolean | undefined
}

export interface VerifyInput {
  /** The values of Authorization, or of Proxy-Authorization where that was asked for. */
  readonly credentials: readonly (string | AuthenticationValue)[]
  readonly method: string
  /** As in the request line. */
  readonly requestUri: string
  /** Where the request reached us: credentials whose URI names this address instead of the Request-URI are taken. */
  readonly server?: ServerAddress | undefined
  readonly realm: string
  /** What the challenge was bound to: the same text as in `challenge`. */
  readonly binding: string
  /** Asked once, for any name; must take the same time for known and unknown ones. */
  readonly lookup: (username: string) => { readonly secrets: DigestSecrets } | undefined
  /** Those that were offered; others are refused. */
  readonly algorithms: readonly DigestAlgorithm[]
  /** For qop=auth-int, which is never offered and refused without it. */
  readonly body?: Uint8Array | undefined
  /** Instead of the authenticator's, e.g. longer for a flow that is registered. */
  readonly nonceLifetimeMs?: number | undefined
}

export type VerifyFailure =
  /** No digest credentials for this realm. */
  | 'no-credentials'
  /** Digest credentials for another realm only. */
  | 'wrong-realm'
  /** Not verifiable: parameters missing or out of form, algorithm or qop not offered, another URI than the request's. */
  | 'malformed'
  /** Right, but the nonce is too old, of another binding, or forgotten: challenge again with `stale`. */
  | 'stale'
  /** Right, but this nonce count was used before: challenge again with `stale`. */
  | 'replayed'
  | 'unknown-user'
  | 'wrong-secret'

export type Verification =
  | { readonly ok: true; readonly username: string; readonly algorithm: DigestAlgorithm }
  | { readonly ok: false; readonly reason: VerifyFailure; readonly username?: string }

export interface Authenticator {
  /** One header for each algorithm, in order: the strongest first (RFC 8760 §2.4). `binding`: text that names the peer. */
  challenge(
    realm: string,
    binding: string,
    algorithms: readonly DigestAlgorithm[],
    options?: ChallengeOptions,
  ): [name: string, value: string][]
  /** The To tag of a challenge: "the same tag for the same request consistently", though none is remembered (RFC 3261 §8.2.7). */
  challengeTag(request: SipRequest): string
  /** Never throws for what the network sent. Only an `ok` leaves a trace: its nonce count. */
  verify(input: VerifyInput): Verification
  /** Nonces whose counts are remembered. */
  readonly nonceCount: number
}

const DEFAULT_LIFETIME_MS = 300_000
const DEFAULT_MAXIMUM_NONCES = 65_536
/** A nonce of before a restart, after which the clock was set back, seems to come from the future: so much is forgiven. */
const FUTURE_MS = 5_000
/** Characters of base64url: 72 bits. */
const TAG_LENGTH = 12

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clock } = options
  const lifetime = options.nonceLifetimeMs ?? DEFAULT_LIFETIME_MS
  if (!Number.isFinite(lifetime) || lifetime <= 0) throw new RangeError('nonceLifetimeMs must be positive')
  const mint = createNonceMint(options.nonceKey)
  const passed = createSteadyTime(clock)
  const counts = new NonceCounts(options.maximumNonces ?? DEFAULT_MAXIMUM_NONCES, passed())
  const dummies = dummySecrets(options.nonceKey)
  const tagKey = digestOf('SHA-256', `ringfence tag ${Buffer.from(options.nonceKey).toString('hex')}`)
  let longest = lifetime

  function judgeNonce(credentials: DigestCredentials, input: VerifyInput): 'fresh' | 'replayed' | 'stale' {
    const issuedAt = mint.issuedAt(credentials.nonce, input.realm, input.binding)
    const now = passed()
    const allowed = input.nonceLifetimeMs ?? lifetime
    if (issuedAt === undefined || issuedAt < now - allowed || issuedAt > now + FUTURE_MS) return 'stale'
    longest = Math.max(longest, allowed)
    counts.expire(now - longest)
    return counts.use(credentials.nonce, issuedAt, Number.parseInt(credentials.nc, 16))
  }

  return {
    challenge(realm, binding, algorithms, { stale = false, proxy = false } = {}) {
      const nonce = mint.mint(passed(), realm, binding)
      const name = proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'
      const start = `Digest realm=${quoteString(encodeText(realm))}, nonce="${nonce}", `
      const end = stale ? ', qop="auth", stale=true' : ', qop="auth"'
      return algorithms.map(algorithm => [name, `${start}algorithm=${algorithm}${end}`])
    },

    challengeTag(request) {
      const { number, method } = request.cseq
      const identity = `${tagKey}${request.callId}|${request.fromTag}|${number}|${method}|${request.topmostVia.branch}`
      return hash('sha256', identity, 'base64url').slice(0, TAG_LENGTH)
    },

    verify(input) {
      const credentials = select(input)
      if (typeof credentials === 'string') return { ok: false, reason: credentials }
      const { username, algorithm } = credentials
      const account = input.lookup(username)
      // An unknown user costs the same work as a known one, and gets the same answer (RFC 3261 §22.1 is silent; product policy).
      const secret = account?.secrets[algorithm]
      const right = digestIsRight(credentials, secret ?? dummies[algorithm], input)
      if (account === undefined) return { ok: false, reason: 'unknown-user', username }
      if (secret === undefined || !right) return { ok: false, reason: 'wrong-secret', username }
      const nonce = judgeNonce(credentials, input)
      return nonce === 'fresh' ? { ok: true, username, algorithm } : { ok: false, reason: nonce, username }
    },

    get nonceCount() {
      return counts.size
    },
  }
}

/** The credentials for our realm with an algorithm that was offered, or why there are none. */
function select(input: VerifyInput): DigestCredentials | 'no-credentials' | 'wrong-realm' | 'malformed' {
  let failure: 'no-credentials' | 'wrong-realm' | 'malformed' = 'no-credentials'
  for (const value of input.credentials) {
    const credentials = readCredentials(value)
    if (credentials === undefined) continue
    if (credentials === 'malformed') failure = 'malformed'
    else if (credentials.realm !== input.realm) failure = failure === 'malformed' ? failure : 'wrong-realm'
    else if (!acceptable(credentials, input)) failure = 'malformed'
    else return credentials
  }
  return failure
}

function acceptable(credentials: DigestCredentials, input: VerifyInput): boolean {
  if (!input.algorithms.includes(credentials.algorithm)) return false
  if (credentials.qop === 'auth-int' && input.body === undefined) return false
  if (digestUriMatches(credentials.uri, input.requestUri)) return true
  return input.server !== undefined && digestUriNamesServer(credentials.uri, input.server)
}

function digestIsRight(credentials: DigestCredentials, ha1: string, input: VerifyInput): boolean {
  const { algorithm, nonce, nc, cnonce, qop, uri, response } = credentials
  const expected = digestResponse({
    algorithm,
    ha1,
    nonce,
    nc,
    cnonce,
    qop,
    method: input.method,
    uri,
    body: input.body,
  })
  return constantTimeEqual(expected, response.toLowerCase())
}

/** Secrets that no password has, so that there is something to compare with. */
function dummySecrets(nonceKey: Uint8Array): Readonly<Record<DigestAlgorithm, string>> {
  const seed = `ringfence dummy ${Buffer.from(nonceKey).toString('hex')}`
  return { 'SHA-256': digestOf('SHA-256', seed), MD5: digestOf('MD5', seed) }
}
