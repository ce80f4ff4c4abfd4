/**
 * RTP in clear with the manners of SRTP: checked for form, bounded in its sources, and passed as it is. For legs that
 * `allowInsecureRtp` names, and no other.
 */
import { MAXIMUM_PACKET_LENGTH, readUint32, rtpHeaderLength, rtpSequence, rtpSsrc } from '../rtp/index.ts'
import { NOT_SENT, REFUSED, type SrtpReceiver, type SrtpSender } from '../srtp/index.ts'

const RTCP_HEADER_LENGTH = 8
/** Fewer than an SRTP context takes, whose sources are never forgotten: what comes in clear shall not use them up. */
export const MAXIMUM_PLAIN_SOURCES = 48
/** Who only listens has a source for RTCP alone. */
const MAXIMUM_RTCP_SOURCES = 8

function pass(packet: Buffer, length: number, output: Buffer): number {
  if (output !== packet) packet.copy(output, 0, 0, length)
  return length
}

export function createPlainReceiver(): SrtpReceiver {
  const sources = new Set<number>()
  const listeners = new Set<number>()
  let current = -1
  let candidate = -1
  let expected = -1
  /** A source beside others has to go on before it is one (RFC 3550 appendix A.1). */
  const refusalOf = (ssrc: number, sequence: number): number => {
    if (!sources.has(ssrc)) {
      if (sources.size >= MAXIMUM_PLAIN_SOURCES) return REFUSED.tooManySources
      if (sources.size > 0 && (ssrc !== candidate || sequence !== expected)) {
        candidate = ssrc
        expected = (sequence + 1) & 0xffff
        return REFUSED.unauthenticated
      }
      sources.add(ssrc)
    }
    current = ssrc
    return 0
  }
  return {
    unprotect(packet, output, length = packet.length) {
      if (length > MAXIMUM_PACKET_LENGTH || rtpHeaderLength(packet, length) < 0) return REFUSED.malformed
      const ssrc = rtpSsrc(packet)
      const refused = ssrc === current ? 0 : refusalOf(ssrc, rtpSequence(packet))
      return refused < 0 ? refused : pass(packet, length, output)
    },
    unprotectRtcp(packet, output, length = packet.length) {
      if (length < RTCP_HEADER_LENGTH || length > MAXIMUM_PACKET_LENGTH || packet[0]! >> 6 !== 2)
        return REFUSED.malformed
      const ssrc = readUint32(packet, 4)
      if (!sources.has(ssrc) && !listeners.has(ssrc)) {
        if (listeners.size >= MAXIMUM_RTCP_SOURCES) return REFUSED.tooManySources
        listeners.add(ssrc)
      }
      return pass(packet, length, output)
    },
    newest: true,
    get sourceCount() {
      return sources.size
    },
  }
}

/** Under the same bounds as SRTP, so that both sides of a bridge carry the same packets. */
export const PLAIN_SENDER: SrtpSender = {
  protect: (packet, length, output) =>
    length > MAXIMUM_PACKET_LENGTH || rtpHeaderLength(packet, length) < 0
      ? NOT_SENT.malformed
      : pass(packet, length, output),
  protectRtcp: (packet, length, output) =>
    length < RTCP_HEADER_LENGTH || length > MAXIMUM_PACKET_LENGTH ? NOT_SENT.malformed : pass(packet, length, output),
}
