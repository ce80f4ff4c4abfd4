/** Which digest algorithms a challenge offers, strongest first (RFC 8760 §2.4). */
import type { SipRequest } from '../message/types.ts'
import type { DigestAlgorithm } from './digest.ts'

export interface ChallengedPeer {
  /** The request came over TLS. */
  readonly secure: boolean
  /** It came by a listener that exists as an `allowInsecure…` exception. */
  readonly insecureListener: boolean
  /** Its User-Agent header. */
  readonly userAgent: string | undefined
}

/** What a flow has to say of itself for that; sip/auth knows no transport. */
export interface ChallengedFlow {
  readonly secure: boolean
  readonly listener: { readonly insecure: boolean } | undefined
}

export function challengedPeer(request: SipRequest, flow: ChallengedFlow): ChallengedPeer {
  const userAgent = request.header('User-Agent')
  return { secure: flow.secure, insecureListener: flow.listener?.insecure === true, userAgent }
}

/** What is accepted from this peer: MD5 only where TLS covers it, or on an exception. */
export function acceptedAlgorithms(peer: ChallengedPeer): readonly DigestAlgorithm[] {
  return peer.secure || peer.insecureListener ? ['SHA-256', 'MD5'] : ['SHA-256']
}

/**
 * What is offered. Phones and tools of plaintext networks read one challenge and know MD5. Over TLS it is SHA-256, then MD5, but for
 * phones that fail on the sight of SHA-256. Nothing is lost by that: over TLS only the peer itself could have written its
 * User-Agent, and it may choose MD5 anyway.
 */
export function offeredAlgorithms(peer: ChallengedPeer): readonly DigestAlgorithm[] {
  if (!peer.secure) return peer.insecureListener ? ['MD5'] : ['SHA-256']
  return failsOnUnknownAlgorithms(peer.userAgent ?? '') ? ['MD5'] : ['SHA-256', 'MD5']
}

/**
 * Deviation from RFC 8760 §2.4 by the phone: baresip below 3.12 gives up ("Function not implemented") when any challenge of a
 * 401 names an algorithm but MD5, in whatever order they come (libre `sip/auth.c`).
 */
function failsOnUnknownAlgorithms(userAgent: string): boolean {
  const version = /^baresip v(\d{1,3})\.(\d{1,3})\b/.exec(userAgent.slice(0, 64))
  if (version === null) return false
  const [major, minor] = [Number(version[1]), Number(version[2])]
  return major < 3 || (major === 3 && minor < 12)
}
