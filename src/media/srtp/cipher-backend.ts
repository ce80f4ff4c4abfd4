/** What implements the suites: native OpenSSL where it works and agrees with `node:crypto`, else `node:crypto`. */
import { createCounterModeCipher } from './counter-mode-cipher.ts'
import { createGcmCipher } from './gcm-cipher.ts'
import { deriveKeys, requireKeyLength } from './key-derivation.ts'
import { createNativeCipher } from './native-cipher.ts'
import { openNativeOpenssl, type PacketMemory } from './native-openssl.ts'
import type { PacketCipher, PacketCipherFactory } from './packet-cipher.ts'
import { type Suite, SUITES } from './suites.ts'

export interface CipherBackend {
  readonly name: 'native' | 'node'
  readonly create: PacketCipherFactory
  /** Where this thread's ciphers work on a packet without copying it. */
  readonly packet?: PacketMemory
}

/** On `node:crypto` alone; works everywhere. */
export const nodeBackend: CipherBackend = {
  name: 'node',
  create: (suite, keys) => (suite.kind === 'gcm' ? createGcmCipher(keys) : createCounterModeCipher(keys)),
}

/**
 * The cipher under a master key, made when it is first asked for: many a call ends before its first packet. Throws RangeError
 * at once on a key of a wrong length.
 */
export function cipherUnder(suite: Suite, keyAndSalt: Uint8Array, create: PacketCipherFactory): () => PacketCipher {
  requireKeyLength(suite, keyAndSalt)
  const own = Uint8Array.from(keyAndSalt)
  let made: PacketCipher | undefined
  return () => {
    if (made === undefined) {
      made = create(suite, deriveKeys(suite, own))
      own.fill(0)
    }
    return made
  }
}

let chosen: CipherBackend | undefined

/** The one of this thread, chosen at its first use: native where it passes the self-test. */
export function cipherBackend(): CipherBackend {
  chosen ??= nativeBackend() ?? nodeBackend
  return chosen
}

/** For what has to be the same everywhere: do without native code in this thread. Call it before the first context. */
export function useNodeCiphers(): void {
  chosen = nodeBackend
}

/** Undefined where native OpenSSL does not exist or gives another result than `node:crypto`. */
export function nativeBackend(): CipherBackend | undefined {
  const openssl = openNativeOpenssl()
  if (openssl === undefined) return undefined
  const native: CipherBackend = {
    name: 'native',
    create: (suite, keys) => createNativeCipher(openssl, suite, keys),
    packet: openssl.packet,
  }
  return agree(native, nodeBackend) ? native : undefined
}

/** Both protect an RTP and an RTCP packet under every suite to the same octets, and open what the other made. */
function agree(one: CipherBackend, other: CipherBackend): boolean {
  const packet = Buffer.alloc(200, 0xa5)
  packet[0] = 0x80
  const [ssrc, index, header] = [0x8765_4321, 0x1_2345_6789, 12]
  for (const suite of SUITES) {
    const keys = deriveKeys(suite, Buffer.from(Array.from({ length: suite.keyAndSaltLength }, (_, i) => 255 - i)))
    const [a, b] = [one.create(suite, keys), other.create(suite, keys)]
    const [x, y, plain] = [Buffer.alloc(256), Buffer.alloc(256), Buffer.alloc(256)]
    const rtpLength = a.protectRtp(packet, packet.length, header, ssrc, index, x)
    if (rtpLength !== b.protectRtp(packet, packet.length, header, ssrc, index, y) || !x.equals(y)) return false
    if (a.unprotectRtp(y, rtpLength, header, ssrc, index, plain) !== packet.length) return false
    if (!plain.subarray(0, packet.length).equals(packet)) return false
    y[50]! ^= 1
    if (a.unprotectRtp(y, rtpLength, header, ssrc, index, plain) !== -1) return false
    const rtcpLength = a.protectRtcp(packet, packet.length, ssrc, 77, x)
    if (rtcpLength !== b.protectRtcp(packet, packet.length, ssrc, 77, y)) return false
    if (!x.subarray(0, rtcpLength).equals(y.subarray(0, rtcpLength))) return false
    if (a.unprotectRtcp(y, rtcpLength, ssrc, 77, plain) !== packet.length) return false
  }
  return true
}
