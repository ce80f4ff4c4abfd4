/**
 * The sending half of an SRTP session. It never uses an index twice: with counter mode and GCM a second packet under one
 * (key, SSRC, index) would give both plaintexts away (RFC 3711 §9.1, RFC 7714 §10.1).
 */
import { MAXIMUM_PACKET_LENGTH, readUint32, rtpHeaderLength, rtpSequence, rtpSsrc } from '../rtp/packet.ts'
import { cipherBackend, cipherUnder } from './cipher-backend.ts'
import { LONGEST_LIFETIME } from './key-lifetime.ts'
import type { PacketCipherFactory } from './packet-cipher.ts'
import { RTCP_CLEAR_LENGTH } from './packet-cipher.ts'
import { MAXIMUM_SOURCES } from './receiver.ts'
import { estimateIndex, ReplayWindow } from './replay-window.ts'
import type { Suite } from './suites.ts'

/** Octets that protection adds at most: the tag, and E flag with index for SRTCP. */
export const MAXIMUM_TRAILER = 20

/** Why a packet was not protected. */
export const NOT_SENT = {
  malformed: -1,
  /** This index was used, or lies too far back to tell. */
  reused: -2,
  tooManySources: -4,
  /** The key has protected all that it may. */
  exhausted: -5,
} as const

export interface SrtpSender {
  /** Protects the first `length` octets of a plain RTP packet into `output`; returns the length there or a `NOT_SENT` value. */
  protect(packet: Buffer, length: number, output: Buffer): number
  protectRtcp(packet: Buffer, length: number, output: Buffer): number
}

interface Source {
  readonly window: ReplayWindow
  nextRtcpIndex: number
}

export function createSrtpSender(
  suite: Suite,
  keyAndSalt: Uint8Array,
  ciphers: PacketCipherFactory = cipherBackend().create,
  lifetime = LONGEST_LIFETIME,
): SrtpSender {
  const cipher = cipherUnder(suite, keyAndSalt, ciphers)
  const sources = new Map<number, Source>()
  let rtpCount = 0
  let rtcpCount = 0
  /** The source of the last packet: seldom is there another. */
  let lastSsrc = -1
  let lastSource: Source | undefined
  const sourceOf = (ssrc: number): Source | undefined => {
    if (ssrc === lastSsrc) return lastSource
    let source = sources.get(ssrc)
    if (source === undefined) {
      if (sources.size >= MAXIMUM_SOURCES) return undefined
      source = { window: new ReplayWindow(), nextRtcpIndex: 0 }
      sources.set(ssrc, source)
    }
    lastSsrc = ssrc
    lastSource = source
    return source
  }
  return {
    protect(packet, length, output) {
      const headerLength = rtpHeaderLength(packet, length)
      if (headerLength < 0 || length + MAXIMUM_TRAILER > MAXIMUM_PACKET_LENGTH) return NOT_SENT.malformed
      const ssrc = rtpSsrc(packet)
      const source = sourceOf(ssrc)
      if (source === undefined) return NOT_SENT.tooManySources
      const index = estimateIndex(source.window.highest, rtpSequence(packet))
      if (index >= lifetime.rtp || rtpCount >= lifetime.rtp) return NOT_SENT.exhausted
      if (!source.window.admits(index)) return NOT_SENT.reused
      source.window.accept(index)
      rtpCount++
      return cipher().protectRtp(packet, length, headerLength, ssrc, index, output)
    },
    protectRtcp(packet, length, output) {
      if (length < RTCP_CLEAR_LENGTH || length + MAXIMUM_TRAILER > MAXIMUM_PACKET_LENGTH) return NOT_SENT.malformed
      const ssrc = readUint32(packet, 4)
      const source = sourceOf(ssrc)
      if (source === undefined) return NOT_SENT.tooManySources
      if (rtcpCount >= lifetime.rtcp) return NOT_SENT.exhausted
      rtcpCount++
      return cipher().protectRtcp(packet, length, ssrc, source.nextRtcpIndex++, output)
    },
  }
}
