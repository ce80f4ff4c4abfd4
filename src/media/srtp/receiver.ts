/**
 * The receiving half of an SRTP session: authenticates, decrypts, refuses what was seen before. It keeps state only for
 * sources (SSRCs) with a packet whose tag verified, and at most 64 of those.
 */
import { MAXIMUM_PACKET_LENGTH, readUint32, rtpHeaderLength, rtpSequence, rtpSsrc } from '../rtp/packet.ts'
import { cipherBackend, cipherUnder } from './cipher-backend.ts'
import { type KeyLifetime, lifetimeOf } from './key-lifetime.ts'
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
  /** Its key has protected all that it may, and there is no other. */
  expired: -5,
} as const

export interface ReceiverKey {
  readonly keyAndSalt: Uint8Array
  /** What packets under this key carry, where the offer said so. All keys have one length. */
  readonly mki?: Uint8Array | undefined
  /** Packets of each kind that its owner will protect with it. Default: as many as any key may. */
  readonly lifetime?: number | undefined
}

export interface SrtpReceiver {
  /**
   * The plain packet goes to `output` (at least 2048 octets, perhaps the packet itself); returns its length or a `REFUSED`
   * value, and then a packet that lies in `output` is what it was (not so what lies behind it). `length`: of the packet, default all of it. Never throws.
   */
  unprotect(packet: Buffer, output: Buffer, length?: number): number
  unprotectRtcp(packet: Buffer, output: Buffer, length?: number): number
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
  readonly cipher: () => PacketCipher
  readonly mki: Buffer
  readonly lifetime: KeyLifetime
  /** Packets accepted. */
  readonly count: { rtp: number; rtcp: number }
}

export function createSrtpReceiver(
  suite: Suite,
  receiverKeys: readonly ReceiverKey[],
  ciphers: PacketCipherFactory = cipherBackend().create,
): SrtpReceiver {
  const keyed: Keyed[] = receiverKeys.map(key => ({
    cipher: cipherUnder(suite, key.keyAndSalt, ciphers),
    mki: Buffer.from(key.mki ?? []),
    lifetime: lifetimeOf(key.lifetime),
    count: { rtp: 0, rtcp: 0 },
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
  /** The source of the last packet: seldom is there another. */
  let lastSsrc = -1
  let lastSource: Source | undefined
  const sourceOf = (ssrc: number): Source | undefined => {
    if (ssrc === lastSsrc) return lastSource
    const source = sources.get(ssrc)
    if (source === undefined) return undefined
    lastSsrc = ssrc
    lastSource = source
    return source
  }

  const keyFor = (packet: Buffer, length: number): Keyed | undefined => {
    if (mkiLength === 0) return first
    const end = length - mkiFromEnd
    if (end - mkiLength < RTCP_CLEAR_LENGTH) return undefined
    for (const key of keyed) if (packet.compare(key.mki, 0, mkiLength, end - mkiLength, end) === 0) return key
    return undefined
  }
  const withoutMki = (packet: Buffer, length: number): Buffer => {
    if (mkiLength === 0) return packet
    const end = length - mkiFromEnd
    packet.copy(unmarked, 0, 0, end - mkiLength)
    packet.copy(unmarked, end - mkiLength, end, length)
    return unmarked
  }
  const exhausted = (key: Keyed, kind: 'rtp' | 'rtcp'): boolean => key.count[kind] >= key.lifetime[kind]
  /** A key beside one that lives is no longer a key; without another, the session is at its end. */
  const refusalOfExhausted = (kind: 'rtp' | 'rtcp'): number =>
    keyed.every(key => exhausted(key, kind)) ? REFUSED.expired : REFUSED.unauthenticated
  /** The packet's tag verified: remember its source and index. */
  const accept = (
    key: Keyed,
    known: Source | undefined,
    ssrc: number,
    kind: 'rtp' | 'rtcp',
    index: number,
  ): boolean => {
    let source = known
    if (source === undefined) {
      if (sources.size >= MAXIMUM_SOURCES) return false
      source = { rtp: new ReplayWindow(), rtcp: new ReplayWindow() }
      sources.set(ssrc, source)
    }
    newest = index > source[kind].highest
    source[kind].accept(index)
    key.count[kind]++
    return true
  }

  return {
    get newest() {
      return newest
    },
    get sourceCount() {
      return sources.size
    },
    unprotect(marked, output, markedLength = marked.length) {
      if (markedLength > MAXIMUM_PACKET_LENGTH || markedLength > marked.length) return REFUSED.malformed
      const key = keyFor(marked, markedLength)
      if (key === undefined) return REFUSED.unauthenticated
      const packet = withoutMki(marked, markedLength)
      const packetLength = markedLength - mkiLength
      const headerLength = rtpHeaderLength(packet, packetLength)
      if (headerLength < 0) return REFUSED.malformed
      const ssrc = rtpSsrc(packet)
      const source = sourceOf(ssrc)
      const index = estimateIndex(source === undefined ? -1 : source.rtp.highest, rtpSequence(packet))
      if (source !== undefined && !source.rtp.admits(index)) return REFUSED.replayed
      const length = key.cipher().unprotectRtp(packet, packetLength, headerLength, ssrc, index, output)
      if (length < 0) return REFUSED.unauthenticated
      if (exhausted(key, 'rtp')) return refusalOfExhausted('rtp')
      return accept(key, source, ssrc, 'rtp', index) ? length : REFUSED.tooManySources
    },
    unprotectRtcp(marked, output, markedLength = marked.length) {
      if (markedLength > MAXIMUM_PACKET_LENGTH || markedLength > marked.length) return REFUSED.malformed
      const key = keyFor(marked, markedLength)
      if (key === undefined) return REFUSED.unauthenticated
      const packet = withoutMki(marked, markedLength)
      const packetLength = markedLength - mkiLength
      if (packetLength < RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH + suite.tagLength || packet[0]! >> 6 !== 2) {
        return REFUSED.malformed
      }
      const word = readUint32(packet, packetLength - SRTCP_INDEX_LENGTH - mkiFromEnd)
      // UNENCRYPTED_SRTCP is never negotiated
      if (word >>> 31 === 0) return REFUSED.unauthenticated
      const index = word & 0x7fff_ffff
      const ssrc = readUint32(packet, 4)
      const source = sources.get(ssrc)
      if (source !== undefined && !source.rtcp.admits(index)) return REFUSED.replayed
      const length = key.cipher().unprotectRtcp(packet, packetLength, ssrc, index, output)
      if (length < 0) return REFUSED.unauthenticated
      if (exhausted(key, 'rtcp')) return refusalOfExhausted('rtcp')
      return accept(key, source, ssrc, 'rtcp', index) ? length : REFUSED.tooManySources
    },
  }
}
