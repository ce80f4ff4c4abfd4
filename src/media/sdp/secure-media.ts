/**
 * Which media descriptions are encrypted well enough, and what to tell the person whose phone sent another. SRTP by SDES
 * needs a secure profile and a usable `a=crypto` (RFC 4568 §5.1.1); nothing is ever downgraded in silence.
 */
import { findAttribute } from './attributes.ts'
import type { CryptoAttribute } from './crypto-attribute.ts'
import { parseCrypto, sessionParametersAcceptable } from './crypto-attribute.ts'
import type { MediaDescription } from './types.ts'

/** A suite by its name in `a=crypto`, with the octets of its master key and salt together. */
export interface SuiteName {
  readonly name: string
  readonly keyAndSaltLength: number
}

export type MediaJudgement =
  | { readonly verdict: 'secure'; readonly crypto: readonly CryptoAttribute[] }
  /** Plain RTP, on a side that may speak it. */
  | { readonly verdict: 'allowed-plain' }
  /** Port 0: refused or removed by its sender. */
  | { readonly verdict: 'disabled' }
  /** Not audio or video over RTP: answered with port 0. */
  | { readonly verdict: 'unsupported' }
  | { readonly verdict: 'plain-rtp'; readonly explanation: string }
  | { readonly verdict: 'no-common-suite'; readonly explanation: string }

const SECURE_PROFILES: ReadonlySet<string> = new Set(['RTP/SAVP', 'RTP/SAVPF'])
const PLAIN_PROFILES: ReadonlySet<string> = new Set(['RTP/AVP', 'RTP/AVPF'])
const DTLS_PROFILES: ReadonlySet<string> = new Set(['UDP/TLS/RTP/SAVP', 'UDP/TLS/RTP/SAVPF'])

const SETTINGS =
  'baresip: "mediaenc=srtp-mand"; Linphone: media encryption "SRTP" and "mandatory"; ' +
  'Yealink: "RTP Encryption (SRTP): Compulsory"; Grandstream: "SRTP Mode: Enabled and forced"; ' +
  'Polycom: offer SRTP and require SRTP (sec.srtp.offer=1, sec.srtp.require=1)'

/** True for the profiles without encryption (RFC 3551, RFC 4585). */
export function isPlainProfile(protocol: string): boolean {
  return PLAIN_PROFILES.has(protocol.toUpperCase())
}

/** Judges one media description against `suites` (in order of preference). `crypto` keeps only what may be used, in the sender's order. */
export function judgeMedia(
  media: MediaDescription,
  suites: readonly SuiteName[],
  allowInsecureRtp = false,
): MediaJudgement {
  if (media.port === 0) return { verdict: 'disabled' }
  if (media.media !== 'audio' && media.media !== 'video') return { verdict: 'unsupported' }
  const protocol = media.protocol.toUpperCase()
  if (PLAIN_PROFILES.has(protocol)) {
    return allowInsecureRtp ? { verdict: 'allowed-plain' } : { verdict: 'plain-rtp', explanation: explainPlain(media) }
  }
  if (DTLS_PROFILES.has(protocol)) return { verdict: 'no-common-suite', explanation: explainDtls() }
  if (!SECURE_PROFILES.has(protocol)) return { verdict: 'unsupported' }
  const crypto = usableCrypto(media, suites)
  if (crypto.length > 0) return { verdict: 'secure', crypto }
  return { verdict: 'no-common-suite', explanation: explainNoSuite(media, suites) }
}

function usableCrypto(media: MediaDescription, suites: readonly SuiteName[]): CryptoAttribute[] {
  const usable: CryptoAttribute[] = []
  const tags = new Set<number>()
  for (const { name, value } of media.attributes) {
    if (name.toLowerCase() !== 'crypto' || value === undefined) continue
    const crypto = parseCrypto(value)
    if (crypto === undefined || tags.has(crypto.tag)) continue
    tags.add(crypto.tag)
    const suite = suites.find(candidate => candidate.name === crypto.suite)
    if (suite === undefined || !sessionParametersAcceptable(crypto.sessionParameters)) continue
    if (crypto.keys.some(key => key.keyAndSalt.length !== suite.keyAndSaltLength)) continue
    usable.push(crypto)
  }
  return usable
}

function explainPlain(media: MediaDescription): string {
  const optional = findAttribute(media.attributes, 'crypto') !== undefined
  const found = optional
    ? `The phone offers SRTP only as an option (${media.protocol} with a=crypto), so the call could end up unencrypted.`
    : `The phone offers unencrypted media (${media.protocol}).`
  return `${found} This system carries encrypted calls only: set SRTP (media encryption) to mandatory on the phone. ${SETTINGS}.`
}

function explainDtls(): string {
  return (
    'The phone offers DTLS-SRTP, which this connection does not take. Choose SRTP with SDES keys ' +
    `(media encryption "SRTP", not "DTLS") and set it to mandatory. ${SETTINGS}.`
  )
}

function explainNoSuite(media: MediaDescription, suites: readonly SuiteName[]): string {
  const wanted = suites.map(suite => suite.name).join(', ')
  if (findAttribute(media.attributes, 'fingerprint') !== undefined) return explainDtls()
  const offered: string[] = []
  for (const { name, value } of media.attributes) {
    const suite = name === 'crypto' ? /^\d{1,9} +([A-Za-z0-9_]{1,64}) /.exec(value ?? '')?.[1] : undefined
    if (suite !== undefined && offered.length < 6) offered.push(suite)
  }
  if (offered.length === 0) {
    return `The phone asks for SRTP but sends no usable key (a=crypto). Choose SRTP with SDES keys, one of ${wanted}.`
  }
  return (
    `The phone offers SRTP only with ${offered.join(', ')}, or with parameters that weaken it. ` +
    `Switch on one of ${wanted} among the phone's SRTP ciphers.`
  )
}
