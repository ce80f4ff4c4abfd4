/** Session keys from a master key and salt by the AES-CM pseudo-random function (RFC 3711 §4.3, RFC 6188 §3, RFC 7714 §11). */
import { createCipheriv } from 'node:crypto'
import type { Suite } from './suites.ts'

export interface SessionKeys {
  readonly encryption: Buffer
  readonly salt: Buffer
  /** HMAC-SHA1 key of 20 octets; empty for GCM. */
  readonly authentication: Buffer
}

export interface DerivedKeys {
  readonly rtp: SessionKeys
  readonly rtcp: SessionKeys
}

const AUTHENTICATION_KEY_LENGTH = 20

/** The six labels of RFC 3711 §4.3.2. The key derivation rate is always 0: keys are derived once. */
const LABELS = {
  rtpEncryption: 0,
  rtpAuthentication: 1,
  rtpSalt: 2,
  rtcpEncryption: 3,
  rtcpAuthentication: 4,
  rtcpSalt: 5,
}

/** `keyAndSalt` as SDES carries it: the master key, then the master salt. Throws RangeError on a wrong length. */
export function deriveKeys(suite: Suite, keyAndSalt: Uint8Array): DerivedKeys {
  requireKeyLength(suite, keyAndSalt)
  const authenticationLength = suite.kind === 'gcm' ? 0 : AUTHENTICATION_KEY_LENGTH
  const wanted: readonly (readonly [label: number, length: number])[] = [
    [LABELS.rtpEncryption, suite.keyLength],
    [LABELS.rtpSalt, suite.saltLength],
    [LABELS.rtpAuthentication, authenticationLength],
    [LABELS.rtcpEncryption, suite.keyLength],
    [LABELS.rtcpSalt, suite.saltLength],
    [LABELS.rtcpAuthentication, authenticationLength],
  ]
  const [e, s, a, rtcpE, rtcpS, rtcpA] = deriveOctets(suite, keyAndSalt, wanted)
  return {
    rtp: { encryption: e!, salt: s!, authentication: a! },
    rtcp: { encryption: rtcpE!, salt: rtcpS!, authentication: rtcpA! },
  }
}

/** Throws RangeError on a wrong length. */
export function requireKeyLength(suite: Suite, keyAndSalt: Uint8Array): void {
  if (keyAndSalt.length === suite.keyAndSaltLength) return
  throw new RangeError(`${suite.name} needs ${suite.keyAndSaltLength} octets of key and salt`)
}

/** As many octets as wanted for each label, in one pass of one cipher: the counter blocks side by side (RFC 3711 §4.3.3). */
export function deriveOctets(
  suite: Suite,
  keyAndSalt: Uint8Array,
  wanted: readonly (readonly [label: number, length: number])[],
): Buffer[] {
  let blockCount = 0
  for (const [, length] of wanted) blockCount += Math.ceil(length / 16)
  const blocks = Buffer.alloc(16 * blockCount)
  let block = 0
  for (const [label, length] of wanted) {
    for (let counter = 0; counter * 16 < length; counter++, block++) {
      // A 96-bit salt is extended by zero bits on the right (RFC 7714 §11)
      blocks.set(keyAndSalt.subarray(suite.keyLength), 16 * block)
      blocks[16 * block + 7]! ^= label
      blocks[16 * block + 15] = counter
    }
  }
  const cipher = createCipheriv(
    suite.keyLength === 16 ? 'aes-128-ecb' : 'aes-256-ecb',
    keyAndSalt.subarray(0, suite.keyLength),
    null,
  )
  cipher.setAutoPadding(false)
  const stream = cipher.update(blocks)
  const keys: Buffer[] = []
  let offset = 0
  for (const [, length] of wanted) {
    keys.push(stream.subarray(offset, offset + length))
    offset += 16 * Math.ceil(length / 16)
  }
  return keys
}
