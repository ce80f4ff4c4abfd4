/** Ciphers from session keys, for the vectors of the SRTP RFCs: each vector is run on every back-end that this machine has. */
import { type CipherBackend, nativeBackend, nodeBackend } from '../../src/media/srtp/cipher-backend.ts'
import type { SessionKeys } from '../../src/media/srtp/key-derivation.ts'
import type { PacketCipher } from '../../src/media/srtp/packet-cipher.ts'
import { type SuiteName, suiteNamed } from '../../src/media/srtp/suites.ts'

const native = nativeBackend()

/** `node:crypto` always; native OpenSSL where it works. */
export const backends: readonly CipherBackend[] = native === undefined ? [nodeBackend] : [nodeBackend, native]

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex')
}

export interface SessionVector {
  readonly key: string
  readonly salt: string
  /** HMAC-SHA1 key. Default: 20 zero octets. */
  readonly authentication?: string
}

/** RTP and RTCP under the same session keys. */
export function cipherOf(backend: CipherBackend, name: SuiteName, vector: SessionVector): PacketCipher {
  const keys: SessionKeys = {
    encryption: hex(vector.key),
    salt: hex(vector.salt),
    authentication: vector.authentication === undefined ? Buffer.alloc(20) : hex(vector.authentication),
  }
  return backend.create(suiteNamed(name)!, { rtp: keys, rtcp: keys })
}

const HEADER = 12

/** Octets of the keystream for SSRC 0 and index 0: what a payload of zeros becomes. */
export function keystream(
  backend: CipherBackend,
  name: SuiteName,
  vector: SessionVector,
  from: number,
  length: number,
): Buffer {
  const cipher = cipherOf(backend, name, vector)
  const packet = Buffer.alloc(HEADER + from + length)
  packet[0] = 0x80
  const output = Buffer.alloc(packet.length + cipher.tagLength)
  cipher.protectRtp(packet, packet.length, HEADER, 0, 0, output)
  return Buffer.from(output.subarray(HEADER + from, HEADER + from + length))
}
