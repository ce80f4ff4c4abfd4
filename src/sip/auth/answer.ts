/** The client's side: answers a challenge (RFC 3261 §22.2, RFC 8760 §2.4). For our test phone and for trunks. */
import { randomHex } from '../../base/random.ts'
import { parseChallenge } from '../message/challenge.ts'
import { decodeText, encodeText, quoteString } from '../message/text.ts'
import { type ClientDigestAlgorithm, digestResponse, digestSecret, legacyDigestResponse } from './digest.ts'

export interface AnswerInput {
  /** The values of WWW-Authenticate or Proxy-Authenticate, in order. */
  readonly challengeHeaders: readonly string[]
  /** Unicode. */
  readonly username: string
  /** Unicode; or the stored secrets instead. */
  readonly password?: string | undefined
  readonly ha1?: Partial<Readonly<Record<ClientDigestAlgorithm, string | undefined>>> | undefined
  readonly method: string
  /** The Request-URI as sent. */
  readonly uri: string
  /** How often this nonce was used, this time included. Default 1. */
  readonly nonceCount?: number | undefined
  /** Default: random. */
  readonly cnonce?: string | undefined
  readonly body?: Uint8Array | undefined
  /** Only challenges of this realm are answered. Default: any. */
  readonly realm?: string | undefined
}

interface Challenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly algorithm: ClientDigestAlgorithm
  readonly algorithmText: string | undefined
  readonly qop: 'auth' | 'auth-int' | undefined
}

/**
 * The value of Authorization (or Proxy-Authorization), or undefined when no challenge can be answered. The first acceptable
 * challenge counts: "the topmost header field that it supports" (RFC 8760 §2.4).
 */
export function answerChallenge(input: AnswerInput): string | undefined {
  for (const value of input.challengeHeaders) {
    const challenge = readChallenge(value)
    if (challenge === undefined) continue
    if (input.realm !== undefined && challenge.realm !== input.realm) continue
    const answer = answerTo(challenge, input)
    if (answer !== undefined) return answer
  }
  return undefined
}

/** The nonce of the challenge that `answerChallenge` would answer, to count its uses; and whether only the nonce was wrong. */
export function challengeNonce(value: string): { readonly nonce: string; readonly stale: boolean } | undefined {
  const parsed = parseChallenge(value)
  const nonce = parsed?.parameters.get('nonce')
  if (parsed === undefined || nonce === undefined) return undefined
  return { nonce, stale: parsed.parameters.get('stale')?.toLowerCase() === 'true' }
}

function readChallenge(value: string): Challenge | undefined {
  const parsed = parseChallenge(value)
  if (parsed?.scheme.toLowerCase() !== 'digest') return undefined
  const realm = parsed.parameters.get('realm')
  const nonce = parsed.parameters.get('nonce')
  const algorithmText = parsed.parameters.get('algorithm')
  const algorithm = readAlgorithm(algorithmText)
  const qop = readQop(parsed.parameters.get('qop'))
  if (realm === undefined || nonce === undefined || algorithm === undefined || qop === 'unsupported') return undefined
  // Without qop only MD5 has a meaning (RFC 2069).
  if (qop === undefined && algorithm !== 'MD5') return undefined
  return { realm: decodeText(realm), nonce, opaque: parsed.parameters.get('opaque'), algorithm, algorithmText, qop }
}

function readAlgorithm(text: string | undefined): ClientDigestAlgorithm | undefined {
  // "If not present, … 'MD5'" (RFC 7616 §3.3).
  const upper = text === undefined ? 'MD5' : text.toUpperCase()
  return upper === 'MD5' || upper === 'SHA-256' || upper === 'SHA-512-256' ? upper : undefined
}

function readQop(text: string | undefined): 'auth' | 'auth-int' | undefined | 'unsupported' {
  if (text === undefined) return undefined
  const offered = text.split(',').map(option => option.trim().toLowerCase())
  if (offered.includes('auth')) return 'auth'
  return offered.includes('auth-int') ? 'auth-int' : 'unsupported'
}

function answerTo(challenge: Challenge, input: AnswerInput): string | undefined {
  const { algorithm, realm, nonce, qop, opaque } = challenge
  const { username, password, method, uri } = input
  const ha1 = input.ha1?.[algorithm] ?? (password && digestSecret(algorithm, username, realm, password))
  if (ha1 === undefined || ha1 === '') return undefined
  const parts = [
    `username=${quoteString(encodeText(username))}`,
    `realm=${quoteString(encodeText(realm))}`,
    `nonce=${quoteString(nonce)}`,
    `uri=${quoteString(uri)}`,
  ]
  if (qop === undefined) {
    parts.push(`response="${legacyDigestResponse(ha1, nonce, method, uri)}"`)
  } else {
    const nc = (input.nonceCount ?? 1).toString(16).padStart(8, '0')
    const cnonce = input.cnonce ?? randomHex(12)
    const { body } = input
    const response = digestResponse({ algorithm, ha1, nonce, nc, cnonce, qop, method, uri, body })
    parts.push(`response="${response}"`, `cnonce=${quoteString(cnonce)}`, `nc=${nc}`, `qop=${qop}`)
  }
  // "algorithm … MUST be the same as in the challenge"; absent where the challenge had none.
  if (challenge.algorithmText !== undefined) parts.push(`algorithm=${algorithm}`)
  if (opaque !== undefined) parts.push(`opaque=${quoteString(opaque)}`)
  return `Digest ${parts.join(', ')}`
}
