/**
 * Walks a compound RTCP packet (RFC 3550 §6.1) and builds the reports that our own phone sends.
 *
 *      0                   1                   2                   3
 *     |V=2|P| count   |  packet type  |  length in 32-bit words - 1   |
 */
import { readUint32, writeUint32 } from './packet.ts'

export const RTCP = { senderReport: 200, receiverReport: 201, sourceDescription: 202, bye: 203 } as const

export interface SenderReport {
  readonly ssrc: number
  /** Middle 32 bits of the NTP timestamp: what receivers give back as LSR. */
  readonly ntpMiddle: number
  readonly rtpTimestamp: number
  readonly packetCount: number
  readonly octetCount: number
}

export interface ReportBlock {
  /** Who is reported about. */
  readonly ssrc: number
  /** 0 to 255: of 256. */
  readonly fractionLost: number
  readonly packetsLost: number
  readonly highestSequence: number
  /** In units of the RTP timestamp. */
  readonly jitter: number
  /** Middle bits of the last sender report, 0 when there was none. */
  readonly lastSenderReport: number
  /** Since then, in 1/65,536 s. */
  readonly delaySinceLastSenderReport: number
}

export interface RtcpVisitor {
  senderReport?(report: SenderReport): void
  /** A block of a sender or receiver report that came from `from`. */
  reportBlock?(block: ReportBlock, from: number): void
  bye?(ssrc: number): void
}

/** Calls `visitor` for what is in the first `length` octets. False when the compound is malformed; never throws. */
export function walkRtcp(packet: Uint8Array, length: number, visitor: RtcpVisitor): boolean {
  let offset = 0
  while (offset < length) {
    if (offset + 4 > length || packet[offset]! >> 6 !== 2) return false
    const end = offset + 4 + 4 * ((packet[offset + 2]! << 8) | packet[offset + 3]!)
    if (end > length) return false
    const count = packet[offset]! & 0x1f
    const type = packet[offset + 1]!
    if (type === RTCP.senderReport || type === RTCP.receiverReport) {
      if (!readReport(packet, offset, end, count, type === RTCP.senderReport, visitor)) return false
    } else if (type === RTCP.bye) {
      if (offset + 4 + 4 * count > end) return false
      for (let i = 0; i < count; i++) visitor.bye?.(readUint32(packet, offset + 4 + 4 * i))
    }
    offset = end
  }
  return length >= 8
}

function readReport(
  packet: Uint8Array,
  offset: number,
  end: number,
  count: number,
  isSenderReport: boolean,
  visitor: RtcpVisitor,
): boolean {
  const blocks = offset + (isSenderReport ? 28 : 8)
  if (blocks + 24 * count > end) return false
  const from = readUint32(packet, offset + 4)
  if (isSenderReport) {
    visitor.senderReport?.({
      ssrc: from,
      ntpMiddle: readUint32(packet, offset + 10),
      rtpTimestamp: readUint32(packet, offset + 16),
      packetCount: readUint32(packet, offset + 20),
      octetCount: readUint32(packet, offset + 24),
    })
  }
  for (let i = 0; i < count; i++) visitor.reportBlock?.(readBlock(packet, blocks + 24 * i), from)
  return true
}

function readBlock(packet: Uint8Array, at: number): ReportBlock {
  const lost = readUint32(packet, at + 4) & 0xff_ffff
  return {
    ssrc: readUint32(packet, at),
    fractionLost: packet[at + 4]!,
    packetsLost: lost >= 0x80_0000 ? lost - 0x100_0000 : lost,
    highestSequence: readUint32(packet, at + 8),
    jitter: readUint32(packet, at + 12),
    lastSenderReport: readUint32(packet, at + 16),
    delaySinceLastSenderReport: readUint32(packet, at + 20),
  }
}

/** A compound of one sender report and the CNAME (RFC 3550 §6.4.1, §6.5). `now` in milliseconds since the epoch. */
export function buildSenderReport(
  report: Omit<SenderReport, 'ntpMiddle'>,
  blocks: readonly ReportBlock[],
  now: number,
  cname: string,
): Buffer {
  const packet = Buffer.alloc(28 + 24 * blocks.length)
  writeHeader(packet, blocks.length, RTCP.senderReport)
  writeUint32(packet, report.ssrc, 4)
  writeNtp(packet, now, 8)
  writeUint32(packet, report.rtpTimestamp, 16)
  writeUint32(packet, report.packetCount, 20)
  writeUint32(packet, report.octetCount, 24)
  for (const [i, block] of blocks.entries()) writeBlock(packet, block, 28 + 24 * i)
  return Buffer.concat([packet, sourceDescription(report.ssrc, cname)])
}

/** A compound of one receiver report and the CNAME (RFC 3550 §6.4.2). */
export function buildReceiverReport(ssrc: number, blocks: readonly ReportBlock[], cname: string): Buffer {
  const packet = Buffer.alloc(8 + 24 * blocks.length)
  writeHeader(packet, blocks.length, RTCP.receiverReport)
  writeUint32(packet, ssrc, 4)
  for (const [i, block] of blocks.entries()) writeBlock(packet, block, 8 + 24 * i)
  return Buffer.concat([packet, sourceDescription(ssrc, cname)])
}

/** The middle 32 bits of the NTP time: what an LSR field holds (RFC 3550 §4). */
export function ntpMiddle(now: number): number {
  return Math.floor((now / 1000) * 0x1_0000) % 0x1_0000_0000
}

/** Seconds from 1900 to 1970. */
const NTP_OFFSET = 2_208_988_800

function writeNtp(packet: Buffer, now: number, at: number): void {
  const seconds = Math.floor(now / 1000)
  writeUint32(packet, (seconds + NTP_OFFSET) % 0x1_0000_0000, at)
  writeUint32(packet, Math.floor((now / 1000 - seconds) * 0x1_0000_0000), at + 4)
}

function writeHeader(packet: Buffer, count: number, type: number): void {
  packet[0] = 0x80 | count
  packet[1] = type
  packet.writeUInt16BE(packet.length / 4 - 1, 2)
}

function writeBlock(packet: Buffer, block: ReportBlock, at: number): void {
  writeUint32(packet, block.ssrc, at)
  writeUint32(
    packet,
    (block.fractionLost << 24) | (Math.max(-0x80_0000, Math.min(0x7f_ffff, block.packetsLost)) & 0xff_ffff),
    at + 4,
  )
  writeUint32(packet, block.highestSequence, at + 8)
  writeUint32(packet, block.jitter, at + 12)
  writeUint32(packet, block.lastSenderReport, at + 16)
  writeUint32(packet, block.delaySinceLastSenderReport, at + 20)
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const text = Buffer.from(cname.slice(0, 200), 'latin1')
  // CNAME item, then at least one zero octet to the next 32-bit boundary
  const packet = Buffer.alloc(4 + 4 + 4 * Math.ceil((2 + text.length + 1) / 4))
  writeHeader(packet, 1, RTCP.sourceDescription)
  writeUint32(packet, ssrc, 4)
  packet[8] = 1
  packet[9] = text.length
  text.copy(packet, 10)
  return packet
}
