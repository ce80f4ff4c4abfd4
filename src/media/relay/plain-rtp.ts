/** RTP in clear with the manners of SRTP: checked for form, and passed as it is. For legs that `allowInsecureRtp` names, and no other. */
import { MAXIMUM_PACKET_LENGTH, rtpHeaderLength } from '../rtp/index.ts'
import { NOT_SENT, REFUSED, type SrtpReceiver, type SrtpSender } from '../srtp/index.ts'

const RTCP_HEADER_LENGTH = 8

function pass(packet: Buffer, length: number, output: Buffer): number {
  if (output !== packet) packet.copy(output, 0, 0, length)
  return length
}

export const PLAIN_RECEIVER: SrtpReceiver = {
  unprotect(packet, output, length = packet.length) {
    const sound = length <= MAXIMUM_PACKET_LENGTH && rtpHeaderLength(packet, length) >= 0
    return sound ? pass(packet, length, output) : REFUSED.malformed
  },
  unprotectRtcp(packet, output, length = packet.length) {
    const sound = length >= RTCP_HEADER_LENGTH && length <= MAXIMUM_PACKET_LENGTH && packet[0]! >> 6 === 2
    return sound ? pass(packet, length, output) : REFUSED.malformed
  },
  newest: true,
  sourceCount: 0,
}

export const PLAIN_SENDER: SrtpSender = {
  protect: (packet, length, output) =>
    rtpHeaderLength(packet, length) < 0 ? NOT_SENT.malformed : pass(packet, length, output),
  protectRtcp: (packet, length, output) =>
    length < RTCP_HEADER_LENGTH ? NOT_SENT.malformed : pass(packet, length, output),
}
