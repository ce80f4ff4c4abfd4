/** The Authorization values of a request as typed digest credentials (RFC 7616 §3.4). */
import { type AuthenticationValue, parseCredentials } from '../message/challenge.ts'
import { decodeText } from '../message/text.ts'
import { type DigestAlgorithm, DIGEST_LENGTHS } from './digest.ts'

export interface DigestCredentials {
  /** Unicode. */
  readonly username: string
  readonly realm: string
  readonly nonce: string
  readonly uri: string
  readonly response: string
  readonly algorithm: DigestAlgorithm
  readonly qop: 'auth' | 'auth-int'
  readonly cnonce: string
  readonly nc: string
}

/** Characters: longer ones are no name and no cnonce of a phone. */
const MAXIMUM_TEXT = 256

/**
 * `malformed`: digest credentials that cannot be verified: a parameter missing or out of form, no qop (nothing would protect
 * them against replay), an algorithm or qop that is never offered, `userhash`. Undefined: another scheme.
 */
export function readCredentials(value: string | AuthenticationValue): DigestCredentials | 'malformed' | undefined {
  const parsed = typeof value === 'string' ? parseCredentials(value) : value
  if (parsed === undefined) return 'malformed'
  if (parsed.scheme.toLowerCase() !== 'digest') return undefined
  const { parameters } = parsed
  const algorithm = readAlgorithm(parameters.get('algorithm'))
  const qop = parameters.get('qop')
  const username = readUsername(parameters)
  const realm = parameters.get('realm')
  const nonce = parameters.get('nonce')
  const uri = parameters.get('uri')
  const response = parameters.get('response')
  const cnonce = parameters.get('cnonce')
  const nc = parameters.get('nc')
  if (algorithm === undefined || (qop !== 'auth' && qop !== 'auth-int')) return 'malformed'
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined) return 'malformed'
  if (response === undefined || cnonce === undefined || nc === undefined) return 'malformed'
  if (username.length > MAXIMUM_TEXT || cnonce.length > MAXIMUM_TEXT || cnonce === '') return 'malformed'
  if (!isHex(nc, 8) || !isHex(response, DIGEST_LENGTHS[algorithm])) return 'malformed'
  if (parameters.get('userhash')?.toLowerCase() === 'true') return 'malformed'
  return { username, realm: decodeText(realm), nonce, uri, response, algorithm, qop, cnonce: decodeText(cnonce), nc }
}

/** "If the algorithm parameter is missing, MD5 is assumed" (RFC 7616 §3.3). */
function readAlgorithm(text: string | undefined): DigestAlgorithm | undefined {
  if (text === undefined) return 'MD5'
  // The constants, never the text itself: a text from the network as the key of a lookup enters the engine's table of names.
  const upper = text.toUpperCase()
  return upper === 'SHA-256' ? 'SHA-256' : upper === 'MD5' ? 'MD5' : undefined
}

/** `username`, or the `username*` of RFC 7616 §3.4 with its RFC 8187 encoding; both or neither is malformed. */
function readUsername(parameters: ReadonlyMap<string, string>): string | undefined {
  const plain = parameters.get('username')
  const extended = parameters.get('username*')
  if (extended === undefined) return plain === undefined ? undefined : decodeText(plain)
  const match = /^utf-8'[A-Za-z0-9-]{0,32}'([^']{0,768})$/i.exec(extended)
  if (plain !== undefined || match === null) return undefined
  try {
    return decodeURIComponent(match[1]!)
  } catch {
    return undefined
  }
}

function isHex(text: string, length: number): boolean {
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    const digit = code >= 0x30 && code <= 0x39
    if (!digit && !(code >= 0x61 && code <= 0x66) && !(code >= 0x41 && code <= 0x46)) return false
  }
  return true
}
