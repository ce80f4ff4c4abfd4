/**
 * The receiving half of an SRTP session: authenticates, decrypts, refuses what was seen before. It keeps state only for
 * sources (SSRCs) with a packet whose tag verified, and at most 64 of those.
 */
import { MAXIMUM_PACKET_LENGTH, readUint32, rtpHeaderLength, rtpSequence, rtpSsrc } from '../rtp/packet.ts'
import { cipherBackend } from './cipher-backend.ts'
import { deriveKeys } from './key-derivation.ts'
import type { PacketCipher, PacketCipherFactory } from './packet-cipher.ts'
import { RTCP_CLEAR_LENGTH, SRTCP_INDEX_LENGTH } from './packet-cipher.ts'
import { estimateIndex, ReplayWindow } from './replay-window.ts'
import type { Suite } from './suites.ts'

/** Why a packet gave no plain one: all are negative, a length never is. */
export const REFUSED = {
  /** Not an SRTP or SRTCP packet. */
  malformed: -1,
  /** Its index was accepted before, or is too old to tell. */
  replayed: -2,
  /** The tag does not verify, or its MKI is unknown, or it asks to be taken unencrypted. */
  unauthenticated: -3,
  /** A verified packet of one source too many. */
  tooManySources: -4,
} as const

export interface ReceiverKey {
  readonly keyAndSalt: Uint8Array
  /** What packets under this key carry, where the offer said so. All keys have one length. */
  readonly mki?: Uint8Array | undefined
}

export interface SrtpReceiver {
  /** The plain RTP packet goes to `output` (at least 2048 octets); returns its length or a `REFUSED` value. Never throws. */
  unprotect(packet: Buffer, output: Buffer): number
  unprotectRtcp(packet: Buffer, output: Buffer): number
  /** Whether the last packet that was not refused had the highest index of its source so far. */
  readonly newest: boolean
  readonly sourceCount: number
}

export const MAXIMUM_SOURCES = 64

interface Source {
  readonly rtp: ReplayWindow
  readonly rtcp: ReplayWindow
}

interface Keyed {
  readonly cipher: PacketCipher
  readonly mki: Buffer
}

export function createSrtpReceiver(
  suite: Suite,
  receiverKeys: readonly ReceiverKey[],
  ciphers: PacketCipherFactory = cipherBackend().create,
): SrtpReceiver {
  const keyed: Keyed[] = receiverKeys.map(key => ({
    cipher: ciphers(suite, deriveKeys(suite, key.keyAndSalt)),
    mki: Buffer.from(key.mki ?? []),
  }))
  const first = keyed[0]
  if (first === undefined) throw new RangeError('a receiver needs a key')
  const mkiLength = first.mki.length
  if (keyed.some(key => key.mki.length !== mkiLength)) throw new RangeError('MKIs of different lengths')
  const sources = new Map<number, Source>()
  // The MKI stands before the tag in counter mode (RFC 3711 §3.1) and after it in GCM (RFC 7714 §8).
  const mkiFromEnd = suite.kind === 'gcm' ? 0 : suite.tagLength
  const unmarked = Buffer.alloc(mkiLength === 0 ? 0 : MAXIMUM_PACKET_LENGTH)
  let newest = false

  const keyFor = (packet: Buffer): Keyed | undefined => {
    if (mkiLength === 0) return first
    const end = packet.length - mkiFromEnd
    if (end - mkiLength < RTCP_CLEAR_LENGTH) return undefined
    for (const key of keyed) if (packet.compare(key.mki, 0, mkiLength, end - mkiLength, end) === 0) return key
    return undefined
  }
  const withoutMki = (packet: Buffer): Buffer => {
    if (mkiLength === 0) return packet
    const end = packet.length - mkiFromEnd
    packet.copy(unmarked, 0, 0, end - mkiLength)
    packet.copy(unmarked, end - mkiLength, end)
    return unmarked.subarray(0, packet.length - mkiLength)
  }
  /** The packet's tag verified: remember its source and index. */
  const accept = (known: Source | undefined, ssrc: number, kind: 'rtp' | 'rtcp', index: number): boolean => {
    let source = known
    if (source === undefined) {
      if (sources.size >= MAXIMUM_SOURCES) return false
      source = { rtp: new ReplayWindow(), rtcp: new ReplayWindow() }
      sources.set(ssrc, source)
    }
    newest = index > source[kind].highest
    source[kind].accept(index)
    return true
  }

  return {
    get newest() {
      return newest
    },
    get sourceCount() {
      return sources.size
    },
    unprotect(marked, output) {
      if (marked.length > MAXIMUM_PACKET_LENGTH) return REFUSED.malformed
      const key = keyFor(marked)
      if (key === undefined) return REFUSED.unauthenticated
      const packet = withoutMki(marked)
      const headerLength = rtpHeaderLength(packet, packet.length)
      if (headerLength < 0) return REFUSED.malformed
      const ssrc = rtpSsrc(packet)
      const source = sources.get(ssrc)
      const index = estimateIndex(source === undefined ? -1 : source.rtp.highest, rtpSequence(packet))
      if (source !== undefined && !source.rtp.admits(index)) return REFUSED.replayed
      const length = key.cipher.unprotectRtp(packet, packet.length, headerLength, ssrc, index, output)
      if (length < 0) return REFUSED.unauthenticated
      return accept(source, ssrc, 'rtp', index) ? length : REFUSED.tooManySources
    },
    unprotectRtcp(marked, output) {
      if (marked.length > MAXIMUM_PACKET_LENGTH) return REFUSED.malformed
      const key = keyFor(marked)
      if (key === undefined) return REFUSED.unauthenticated
      const packet = withoutMki(marked)
      if (packet.length < RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH + suite.tagLength || packet[0]! >> 6 !== 2) {
        return REFUSED.malformed
      }
      const word = readUint32(packet, packet.length - SRTCP_INDEX_LENGTH - mkiFromEnd)
      // UNENCRYPTED_SRTCP is never negotiated
      if (word >>> 31 === 0) return REFUSED.unauthenticated
      const index = word & 0x7fff_ffff
      const ssrc = readUint32(packet, 4)
      const source = sources.get(ssrc)
      if (source !== undefined && !source.rtcp.admits(index)) return REFUSED.replayed
      const length = key.cipher.unprotectRtcp(packet, packet.length, ssrc, index, output)
      if (length < 0) return REFUSED.unauthenticated
      return accept(source, ssrc, 'rtcp', index) ? length : REFUSED.tooManySources
    },
  }
}
