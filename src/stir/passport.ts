/** PASSporTs (RFC 8225) of the kind `shaken` (RFC 8588): read, and written. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { canonicalJson, parseObject } from './json.ts'
import { canonicalNumber } from './telephone-number.ts'
import type { Attestation } from './types.ts'

export interface PassportClaims {
  /** Digits. */
  readonly from: string
  readonly to: readonly string[]
  readonly attestation: Attestation
  readonly originId: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

export interface Passport {
  readonly claims: PassportClaims
  /** Where the certificate is. */
  readonly certificateUrl: string
  /** What was signed. */
  readonly input: string
  readonly signature: Buffer
}

export type PassportFault =
  | 'malformed'
  | 'unsupported-algorithm'
  | 'other-kind'
  | 'missing-claim'
  | 'wrong-attestation'
  | 'not-a-number'

const ATTESTATIONS: ReadonlySet<unknown> = new Set(['A', 'B', 'C'])
const MAXIMUM_DESTINATIONS = 10
const MAXIMUM_ORIGIN_ID = 128
/** R and S of P-256. */
const SIGNATURE_LENGTH = 64

/** `header.payload` in base64url, in the form that RFC 8225 §9 makes the only one. */
export function signingInput(claims: PassportClaims, certificateUrl: string): string {
  const header = { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u: certificateUrl }
  const payload = {
    attest: claims.attestation,
    dest: { tn: claims.to },
    iat: claims.issuedAt,
    orig: { tn: claims.from },
    origid: claims.originId,
  }
  return `${encode(canonicalJson(header))}.${encode(canonicalJson(payload))}`
}

export function signInput(input: string, privateKey: KeyObject): string {
  return sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}

export function isSignedBy(passport: Pick<Passport, 'input' | 'signature'>, publicKey: KeyObject): boolean {
  if (!isP256(publicKey) || passport.signature.length !== SIGNATURE_LENGTH) return false
  return verify(
    'sha256',
    Buffer.from(passport.input),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    passport.signature,
  )
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}

export function publicKeyOf(pem: string): KeyObject {
  return createPublicKey(pem)
}

/** `token`: three parts; a compact one (`..signature`, RFC 8225 §7) is made whole by the verifier before. */
export function readPassport(token: string): Passport | PassportFault {
  const [head, body, tail, ...more] = token.split('.')
  if (head === undefined || body === undefined || tail === undefined || more.length > 0) return 'malformed'
  const header = decode(head)
  const payload = decode(body)
  const signature = isBase64Url(tail) ? Buffer.from(tail, 'base64url') : undefined
  if (header === undefined || payload === undefined || signature === undefined) return 'malformed'
  if (header['ppt'] !== 'shaken') return 'other-kind'
  if (header['alg'] !== 'ES256') return 'unsupported-algorithm'
  // Extensions that have to be understood are not (RFC 7515 §4.1.11).
  if (header['typ'] !== 'passport' || header['crit'] !== undefined || typeof header['x5u'] !== 'string')
    return 'malformed'
  const claims = claimsOf(payload)
  if (typeof claims === 'string') return claims
  return { claims, certificateUrl: header['x5u'], input: `${head}.${body}`, signature }
}

function claimsOf(payload: { readonly [name: string]: unknown }): PassportClaims | PassportFault {
  const { attest, dest, iat, orig, origid } = payload
  for (const claim of [attest, dest, iat, orig, origid]) if (claim === undefined) return 'missing-claim'
  if (!ATTESTATIONS.has(attest)) return 'wrong-attestation'
  if (!Number.isSafeInteger(iat) || typeof origid !== 'string' || origid.length > MAXIMUM_ORIGIN_ID) return 'malformed'
  const from = numberIn(orig)
  const to = (dest as { readonly tn?: unknown } | null)?.tn
  if (from === undefined || !Array.isArray(to) || to.length === 0) return 'not-a-number'
  if (to.length > MAXIMUM_DESTINATIONS || Object.keys(dest as object).length > 2) return 'malformed'
  // "canonical" is a property of what was signed: a number that has to be changed first is none (RFC 8225 §5.2.1).
  if (to.some(each => typeof each !== 'string' || canonicalNumber(each) !== each)) return 'not-a-number'
  return { from, to, attestation: attest as Attestation, originId: origid, issuedAt: iat as number }
}

function numberIn(orig: unknown): string | undefined {
  const tn = (orig as { readonly tn?: unknown } | null)?.tn
  return typeof tn === 'string' && Object.keys(orig as object).length === 1 && canonicalNumber(tn) === tn
    ? tn
    : undefined
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function decode(part: string): { readonly [name: string]: unknown } | undefined {
  return isBase64Url(part) ? parseObject(Buffer.from(part, 'base64url').toString('utf8')) : undefined
}

/** Exactly one spelling: no padding, no stray bits (RFC 7515 §2). */
function isBase64Url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
}
