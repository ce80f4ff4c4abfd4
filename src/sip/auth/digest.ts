/** The digest computation (RFC 7616 §3.4, RFC 8760 §2, RFC 2617 §3.2.2). Pure. */
import { hash } from 'node:crypto'

/** What this product stores secrets for and offers; SHA-512-256 is answered as a client, too. */
export type DigestAlgorithm = 'SHA-256' | 'MD5'
export type ClientDigestAlgorithm = DigestAlgorithm | 'SHA-512-256'

/** H(username:realm:password) for each algorithm, lower-case hexadecimal. */
export type DigestSecrets = Readonly<Record<DigestAlgorithm, string | undefined>>

const HASHES: Readonly<Record<ClientDigestAlgorithm, string>> = {
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
  MD5: 'md5',
}
/** Characters of a digest in hexadecimal. */
export const DIGEST_LENGTHS: Readonly<Record<ClientDigestAlgorithm, number>> = {
  'SHA-256': 64,
  'SHA-512-256': 64,
  MD5: 32,
}

/** H(data) of RFC 7616 §3.3: lower-case hexadecimal. Text is taken as UTF-8. */
export function digestOf(algorithm: ClientDigestAlgorithm, data: string | Uint8Array): string {
  return hash(HASHES[algorithm], data, 'hex')
}

/** The stored secret HA1: H(username:realm:password), Unicode texts (RFC 7616 §3.4.2). */
export function digestSecret(
  algorithm: ClientDigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  return digestOf(algorithm, `${username}:${realm}:${password}`)
}

export interface DigestInput {
  readonly algorithm: ClientDigestAlgorithm
  readonly ha1: string
  readonly nonce: string
  /** Eight hexadecimal digits as sent. */
  readonly nc: string
  readonly cnonce: string
  readonly qop: 'auth' | 'auth-int'
  readonly method: string
  readonly uri: string
  /** For auth-int. */
  readonly body?: Uint8Array | undefined
}

/** The `response` value (RFC 7616 §3.4.1). */
export function digestResponse(input: DigestInput): string {
  const { algorithm, ha1, nonce, nc, cnonce, qop, method, uri } = input
  const a2 =
    qop === 'auth' ? `${method}:${uri}` : `${method}:${uri}:${digestOf(algorithm, input.body ?? new Uint8Array(0))}`
  return digestOf(algorithm, `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${digestOf(algorithm, a2)}`)
}

/** The `response` value for a challenge without qop (RFC 2069, RFC 7616 §3.4.1 does not allow it any more): clients only. */
export function legacyDigestResponse(ha1: string, nonce: string, method: string, uri: string): string {
  return digestOf('MD5', `${ha1}:${nonce}:${digestOf('MD5', `${method}:${uri}`)}`)
}
