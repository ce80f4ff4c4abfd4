/** Verifies who calls (RFC 8224 §6.2, RFC 8588 §7): the token, its time, its numbers, its certificate, and that it is new. */
import type { X509Certificate } from 'node:crypto'
import { BoundedMap } from '../base/bounded.ts'
import type { Clock } from '../base/clock.ts'
import { covers } from './authority-list.ts'
import { judgeChain } from './certificate-chain.ts'
import { type IdentityHeader, parseIdentity } from './identity-header.ts'
import { isSignedBy, type Passport, readPassport } from './passport.ts'
import { canonicalNumber } from './telephone-number.ts'
import type { CallerIdentityVerifier, Verification, VerificationFault, VerifyInput } from './types.ts'

export interface VerifierOptions {
  readonly clock: Pick<Clock, 'now'>
  /** The certificate and its intermediates as PEM. Rejects, within its own limit of time, with words for people. */
  readonly fetchCertificate: (url: string) => Promise<string>
  readonly trustAnchors: readonly X509Certificate[]
  /** Tokens remembered; the oldest makes room. Default 20,000. */
  readonly replayCapacity?: number
  /** Seconds that a token counts. Default 60 (RFC 8224 §6.2.1). */
  readonly freshnessSeconds?: number
}

const MAXIMUM_HEADERS = 4
const NOTHING = { attestation: undefined, signedBy: undefined, originId: undefined } as const

export function createVerifier(options: VerifierOptions): CallerIdentityVerifier {
  const seen = new BoundedMap<string, number>(options.replayCapacity ?? 20_000)
  return {
    async verify(input) {
      if (input.identityHeaders.length === 0) {
        return { outcome: 'none', fault: 'no-identity', detail: 'the call is not signed', ...NOTHING }
      }
      let worst = failed('invalid-identity', 'no Identity header field is of a kind that is known here')
      for (const value of input.identityHeaders.slice(0, MAXIMUM_HEADERS)) {
        const verification = await judge(options, seen, value, input).catch((error: unknown) =>
          failed('invalid-identity', `it could not be judged: ${String(error).slice(0, 128)}`),
        )
        // "If multiple … the verification service" takes the one that it can (RFC 8224 §6.2 step 1).
        if (verification?.outcome === 'passed') return verification
        if (verification !== undefined) worst = verification
      }
      return worst
    },
  }
}

/** Undefined: of another kind, and no concern of ours. */
async function judge(
  options: VerifierOptions,
  seen: BoundedMap<string, number>,
  value: string,
  input: VerifyInput,
): Promise<Verification | undefined> {
  const header = parseIdentity(value)
  if (header === undefined) return failed('invalid-identity', 'the Identity header field is malformed')
  if (header.ppt !== undefined && header.ppt !== 'shaken') return undefined
  if (header.info === undefined) return failed('bad-info', 'the Identity header field names no certificate (info)')
  if (header.alg !== undefined && header.alg !== 'ES256')
    return failed('invalid-identity', `the algorithm ${header.alg.slice(0, 16)} is not ES256`)
  const passport = passportOf(header, input)
  if (passport === 'other-kind') return undefined
  if (typeof passport === 'string') return failed('invalid-identity', TOKEN_FAULTS[passport])
  if (passport.certificateUrl !== header.info)
    return failed('invalid-identity', 'the token names another certificate (x5u) than the header field (info)')
  const stale = freshness(options, passport, input)
  if (stale !== undefined) return stale
  const wrong = parties(passport, input)
  if (wrong !== undefined) return wrong
  return bySignature(options, seen, passport)
}

async function bySignature(
  options: VerifierOptions,
  seen: BoundedMap<string, number>,
  passport: Passport,
): Promise<Verification> {
  const now = options.clock.now()
  let pem: string
  try {
    pem = await options.fetchCertificate(passport.certificateUrl)
  } catch (error) {
    return failed('bad-info', `the certificate cannot be fetched: ${(error as Error).message.slice(0, 200)}`)
  }
  const chain = judgeChain(pem, options.trustAnchors, now)
  if (!chain.ok) return failed('unsupported-credential', chain.detail)
  const { certificate, authority, subject } = chain.signer
  const { claims } = passport
  if (!isSignedBy(passport, certificate.publicKey))
    return failed('invalid-identity', 'the signature is not that of the certificate')
  if (!covers(authority, claims.from))
    return failed('unsupported-credential', `the certificate may not speak for +${claims.from}`)
  // Only what is genuine is remembered: nobody fills the memory with what he made up (RFC 8224 §12.1).
  const token = passport.signature.toString('base64url')
  if (seen.has(token)) return failed('replayed', 'the same token came before')
  seen.set(token, now)
  const { attestation, originId } = claims
  return {
    outcome: 'passed',
    fault: undefined,
    attestation,
    originId,
    signedBy: subject,
    detail: `signed by ${subject}`,
  }
}

const TOKEN_FAULTS = {
  malformed: 'the token is malformed',
  'unsupported-algorithm': 'the token is not signed by ES256',
  'missing-claim': 'the token lacks one of attest, dest, iat, orig and origid',
  'wrong-attestation': 'the attestation is not A, B or C',
  'not-a-number': 'the token names no telephone number in canonical form',
  compact: 'a compact token of this kind cannot be rebuilt: it lacks attest and origid',
} as const

/** SHAKEN is always sent whole: its claims are nowhere else in the message (RFC 8588 §6). */
function passportOf(header: IdentityHeader, _input: VerifyInput): Passport | keyof typeof TOKEN_FAULTS | 'other-kind' {
  return header.token.startsWith('..') ? 'compact' : readPassport(header.token)
}

/** "the Date … and iat"; a token is worth something for a minute (RFC 8224 §6.2.1 step 4). */
function freshness(
  { clock, freshnessSeconds = 60 }: VerifierOptions,
  { claims }: Passport,
  { date }: VerifyInput,
): Verification | undefined {
  const now = clock.now() / 1_000
  const age = now - claims.issuedAt
  if (age > freshnessSeconds) return failed('stale-date', `the token is ${Math.round(age)} s old`)
  if (age < -freshnessSeconds) return failed('stale-date', `the token is of a time ${Math.round(-age)} s ahead`)
  if (date === undefined) return undefined
  const said = Date.parse(date) / 1_000
  if (Number.isNaN(said)) return failed('stale-date', 'Date cannot be read')
  return Math.abs(now - said) > freshnessSeconds ? failed('stale-date', 'Date is too far from now') : undefined
}

function parties({ claims }: Passport, input: VerifyInput): Verification | undefined {
  const caller = input.from === undefined ? undefined : canonicalNumber(input.from)
  // Who withholds the number is signed for all the same: the number is then between the providers.
  if (input.from !== undefined && caller !== claims.from)
    return failed('wrong-caller', `it is signed for +${claims.from}`)
  const callee = canonicalNumber(input.to)
  if (callee === undefined || !claims.to.includes(callee))
    return failed('wrong-callee', 'it is signed for a call to another number')
  return undefined
}

function failed(fault: VerificationFault, detail: string): Verification {
  return { outcome: 'failed', fault, detail, ...NOTHING }
}
