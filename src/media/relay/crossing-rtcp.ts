/**
 * What of one phone's RTCP the other may see (RFC 3550 §6): reports and feedback about the media. A description of the source holds
 * a name, mostly `user@address`: a pseudonym takes its place. Words, vendors' packets and unknown kinds stay behind.
 */
import { createHmac } from 'node:crypto'
import { randomBytes } from '../../base/random.ts'
import { MAXIMUM_PACKET_LENGTH } from '../rtp/index.ts'

const KIND = { senderReport: 200, receiverReport: 201, sourceDescription: 202, bye: 203 } as const
/** RTPFB (RFC 4585): losses, rates. */
const TRANSPORT_FEEDBACK = 205
/** PSFB: pictures. */
const PAYLOAD_FEEDBACK = 206
const APPLICATION_FEEDBACK = 15
/** The one that is in use everywhere: the receiver's estimate of the rate. */
const REMB = 'REMB'
const EXTENDED_REPORT = 207
/** Blocks of RFC 3611: 1 to 7. */
const LAST_KNOWN_BLOCK = 7
const CNAME = 1
const PSEUDONYM_LENGTH = 16
/** SSRC, CNAME with its head, and what fills up four octets, one zero at least. */
const CHUNK_LENGTH = 4 + 4 * Math.ceil((2 + PSEUDONYM_LENGTH + 1) / 4)

/** A fresh key for each worker: two streams of one phone keep one name (RFC 7022 §3), and nobody computes it back. */
const key = randomBytes(32)

function pseudonymOf(name: Uint8Array): string {
  return createHmac('sha256', key).update(name).digest('base64url').slice(0, PSEUDONYM_LENGTH)
}

/**
 * Writes to `output` (`MAXIMUM_PACKET_LENGTH` octets) what of the compound in the first `length` octets may cross. Returns its length, 0
 * where nothing is left or does not fit. The compound is well-formed as `walkRtcp` says.
 */
export function crossingRtcp(packet: Buffer, length: number, output: Buffer): number {
  let written = 0
  for (let at = 0; at + 4 <= length; ) {
    const end = at + 4 + 4 * packet.readUInt16BE(at + 2)
    if (end > length) return 0
    const body = packet.subarray(at, end)
    const made =
      packet[at + 1] === KIND.sourceDescription ? describe(body, output, written) : keep(body, output, written)
    if (made < 0) return 0
    written += made
    at = end
  }
  return written >= 8 ? written : 0
}

/** How many of the octets of this packet of the compound may cross; 0: none. */
function crossingLength(packet: Buffer): number {
  const count = packet[0]! & 0x1f
  switch (packet[1]) {
    // What follows the blocks is "profile-specific" (§6.4.3).
    case KIND.senderReport:
      return 28 + 24 * count
    case KIND.receiverReport:
      return 8 + 24 * count
    // The reason for leaving is text (§6.6).
    case KIND.bye:
      return 4 + 4 * count
    case TRANSPORT_FEEDBACK:
      return packet.length
    case PAYLOAD_FEEDBACK:
      if (count !== APPLICATION_FEEDBACK) return packet.length
      return packet.toString('latin1', 12, 16) === REMB ? packet.length : 0
    case EXTENDED_REPORT:
      return hasKnownBlocks(packet) ? packet.length : 0
    default:
      return 0
  }
}

function hasKnownBlocks(packet: Buffer): boolean {
  for (let at = 8; at < packet.length; ) {
    if (at + 4 > packet.length || packet[at]! < 1 || packet[at]! > LAST_KNOWN_BLOCK) return false
    at += 4 + 4 * packet.readUInt16BE(at + 2)
    if (at > packet.length) return false
  }
  return true
}

/** Octets written; -1 when there is no room. */
function keep(packet: Buffer, output: Buffer, at: number): number {
  const length = crossingLength(packet)
  if (length === 0 || length > packet.length) return 0
  if (at + length > MAXIMUM_PACKET_LENGTH) return -1
  packet.copy(output, at, 0, length)
  // No padding: what is in it is nobody's.
  output[at] = packet[0]! & ~0x20
  output.writeUInt16BE(length / 4 - 1, at + 2)
  return length
}

/** The chunks with their sources, each with a pseudonym and nothing else. */
function describe(packet: Buffer, output: Buffer, start: number): number {
  const count = packet[0]! & 0x1f
  let at = 4
  let to = start + 4
  for (let i = 0; i < count; i++) {
    if (at + 4 > packet.length) return 0
    if (to + CHUNK_LENGTH > MAXIMUM_PACKET_LENGTH) return -1
    const source = at
    let name: Buffer = packet.subarray(source, source + 4)
    at += 4
    while (at < packet.length && packet[at] !== 0) {
      if (at + 2 > packet.length || at + 2 + packet[at + 1]! > packet.length) return 0
      if (packet[at] === CNAME) name = packet.subarray(at + 2, at + 2 + packet[at + 1]!)
      at += 2 + packet[at + 1]!
    }
    // "one or more null octets, the first of which is interpreted as an item type of zero" (§6.5)
    at = 4 * (Math.floor(at / 4) + 1)
    output.fill(0, to, to + CHUNK_LENGTH)
    packet.copy(output, to, source, source + 4)
    output[to + 4] = CNAME
    output[to + 5] = PSEUDONYM_LENGTH
    output.write(pseudonymOf(name), to + 6, 'latin1')
    to += CHUNK_LENGTH
  }
  output[start] = 0x80 | count
  output[start + 1] = KIND.sourceDescription
  output.writeUInt16BE((to - start) / 4 - 1, start + 2)
  return to - start
}

/** Takes the header extension (RFC 8285: none was agreed, `extmap` does not cross) out of the RTP packet, in place; the length that is left. */
export function withoutExtension(packet: Buffer, length: number): number {
  if ((packet[0]! & 0x10) === 0) return length
  const fixed = 12 + 4 * (packet[0]! & 0x0f)
  if (fixed + 4 > length) return length
  const rest = fixed + 4 + 4 * packet.readUInt16BE(fixed + 2)
  if (rest > length) return length
  packet.copyWithin(fixed, rest, length)
  packet[0]! &= ~0x10
  return length - (rest - fixed)
}
