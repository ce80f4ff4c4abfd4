/**
 * RTP and RTCP headers, read in place (RFC 3550 §5.1, §6.4).
 *
 *      0                   1                   2                   3
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     |                           timestamp                           |
 *     |           synchronization source (SSRC) identifier            |
 */

export const RTP_HEADER_LENGTH = 12
/** Larger than any path's MTU needs, and the most that anyone handles here. */
export const MAXIMUM_PACKET_LENGTH = 2048

export interface RtpHeader {
  readonly marker: boolean
  readonly payloadType: number
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
}

/** Whether the datagram is RTCP rather than RTP on a shared port: packet types 192 to 223 (RFC 5761 §4). */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1]!
  return type >= 192 && type <= 223
}

/** Octets before the payload: fixed header, contributing sources, extension. -1 when this is no RTP packet. */
export function rtpHeaderLength(packet: Uint8Array, length: number): number {
  if (length < RTP_HEADER_LENGTH || packet[0]! >> 6 !== 2) return -1
  const first = packet[0]!
  let end = RTP_HEADER_LENGTH + 4 * (first & 0x0f)
  if ((first & 0x10) !== 0) {
    if (end + 4 > length) return -1
    end += 4 + 4 * ((packet[end + 2]! << 8) | packet[end + 3]!)
  }
  return end > length ? -1 : end
}

export function rtpPayloadType(packet: Uint8Array): number {
  return packet[1]! & 0x7f
}

export function rtpSequence(packet: Uint8Array): number {
  return (packet[2]! << 8) | packet[3]!
}

export function rtpTimestamp(packet: Uint8Array): number {
  return readUint32(packet, 4)
}

export function rtpSsrc(packet: Uint8Array): number {
  return readUint32(packet, 8)
}

/** The octets of padding at the end of a plain RTP packet of `length`, 0 where none or nonsense (RFC 3550 §5.1). */
export function rtpPaddingLength(packet: Uint8Array, length: number, headerLength: number): number {
  if ((packet[0]! & 0x20) === 0 || length <= headerLength) return 0
  const padding = packet[length - 1]!
  return padding <= length - headerLength ? padding : 0
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
}

export function writeUint32(bytes: Uint8Array, value: number, offset: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

/** Reads the header, or undefined when this is no RTP packet. */
export function readRtpHeader(packet: Uint8Array): RtpHeader | undefined {
  if (rtpHeaderLength(packet, packet.length) < 0) return undefined
  return {
    marker: (packet[1]! & 0x80) !== 0,
    payloadType: rtpPayloadType(packet),
    sequence: rtpSequence(packet),
    timestamp: rtpTimestamp(packet),
    ssrc: rtpSsrc(packet),
  }
}

/** A plain RTP packet without extension: header and payload. */
export function buildRtp(header: RtpHeader, payload: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(RTP_HEADER_LENGTH + payload.length)
  packet[0] = 0x80
  packet[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f)
  packet[2] = (header.sequence >> 8) & 0xff
  packet[3] = header.sequence & 0xff
  writeUint32(packet, header.timestamp >>> 0, 4)
  writeUint32(packet, header.ssrc >>> 0, 8)
  packet.set(payload, RTP_HEADER_LENGTH)
  return packet
}
