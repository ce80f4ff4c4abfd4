/**
 * AES in counter mode with HMAC-SHA1 and an 80-bit tag (RFC 3711 §4.1.1, §4.2.1; RFC 6188).
 *
 * One ECB context is kept for each key and turns counter blocks into keystream: a `createCipheriv` for each packet costs
 * more than twice as much. The HMAC is two one-shot hashes over prepared pads, which is faster than `createHmac`.
 */
import { createCipheriv, hash } from 'node:crypto'
import { MAXIMUM_PACKET_LENGTH, writeUint32 } from '../rtp/packet.ts'
import { writeCounterModeIv } from './initialisation-vector.ts'
import type { DerivedKeys, SessionKeys } from './key-derivation.ts'
import type { PacketCipher } from './packet-cipher.ts'
import { RTCP_CLEAR_LENGTH, SRTCP_ENCRYPTED, SRTCP_INDEX_LENGTH } from './packet-cipher.ts'

const TAG_LENGTH = 10
const BLOCK = 64
const DIGEST = 20
const counters = Buffer.alloc(MAXIMUM_PACKET_LENGTH + 16)
const inner = Buffer.alloc(BLOCK + MAXIMUM_PACKET_LENGTH + 8)
const outer = Buffer.alloc(BLOCK + DIGEST)

/** Keystream and tag of one direction of one kind of packet. */
interface Half {
  readonly keys: SessionKeys
  cipher: ReturnType<typeof createCipheriv> | undefined
  readonly innerPad: Buffer
  readonly outerPad: Buffer
}

export function createCounterModeCipher(keys: DerivedKeys): PacketCipher {
  const rtp = half(keys.rtp)
  const rtcp = half(keys.rtcp)
  return {
    tagLength: TAG_LENGTH,
    protectRtp(packet, length, headerLength, ssrc, index, output) {
      packet.copy(output, 0, 0, headerLength)
      encrypt(rtp, ssrc, index, packet, headerLength, length, output)
      writeTag(rtp, output, length, Math.floor(index / 0x1_0000), output, length)
      return length + TAG_LENGTH
    },
    unprotectRtp(packet, length, headerLength, ssrc, index, output) {
      const end = length - TAG_LENGTH
      if (end < headerLength || !tagMatches(rtp, packet, end, Math.floor(index / 0x1_0000), packet, end)) return -1
      packet.copy(output, 0, 0, headerLength)
      encrypt(rtp, ssrc, index, packet, headerLength, end, output)
      return end
    },
    protectRtcp(packet, length, ssrc, index, output) {
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      encrypt(rtcp, ssrc, index, packet, RTCP_CLEAR_LENGTH, length, output)
      writeUint32(output, SRTCP_ENCRYPTED + index, length)
      const end = length + SRTCP_INDEX_LENGTH
      writeTag(rtcp, output, end, undefined, output, end)
      return end + TAG_LENGTH
    },
    unprotectRtcp(packet, length, ssrc, index, output) {
      const end = length - TAG_LENGTH
      if (!tagMatches(rtcp, packet, end, undefined, packet, end)) return -1
      const plainLength = end - SRTCP_INDEX_LENGTH
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      encrypt(rtcp, ssrc, index, packet, RTCP_CLEAR_LENGTH, plainLength, output)
      return plainLength
    },
  }
}

function half(keys: SessionKeys): Half {
  const innerPad = Buffer.alloc(BLOCK, 0x36)
  const outerPad = Buffer.alloc(BLOCK, 0x5c)
  for (const [i, octet] of keys.authentication.entries()) {
    innerPad[i]! ^= octet
    outerPad[i]! ^= octet
  }
  return { keys, cipher: undefined, innerPad, outerPad }
}

/** XORs `[from, to)` of `packet` with the keystream of (ssrc, index) into the same place of `output`. */
function encrypt(
  half: Half,
  ssrc: number,
  index: number,
  packet: Buffer,
  from: number,
  to: number,
  output: Buffer,
): void {
  const size = to - from
  if (size <= 0) return
  const stream = keystream(half, ssrc, index, size)
  for (let i = 0; i < size; i++) output[from + i] = packet[from + i]! ^ stream[i]!
}

/** The IV's last 16 bits count the blocks (RFC 3711 §4.1.1). */
function keystream(half: Half, ssrc: number, index: number, size: number): Buffer {
  if (half.cipher === undefined) {
    const { encryption } = half.keys
    half.cipher = createCipheriv(encryption.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', encryption, null)
    half.cipher.setAutoPadding(false)
  }
  writeCounterModeIv(half.keys.salt, ssrc, index, counters, 0)
  const blocks = (size + 15) >>> 4
  for (let block = 1; block < blocks; block++) {
    counters.copyWithin(block << 4, 0, 14)
    counters[(block << 4) + 14] = block >>> 8
    counters[(block << 4) + 15] = block
  }
  return half.cipher.update(counters.subarray(0, blocks << 4))
}

/** HMAC-SHA1 over `length` octets, and the roll-over counter for SRTP (RFC 3711 §4.2): 20 octets as latin1 text. */
function digest(half: Half, packet: Buffer, length: number, rollOver: number | undefined): string {
  half.innerPad.copy(inner, 0)
  packet.copy(inner, BLOCK, 0, length)
  let end = BLOCK + length
  if (rollOver !== undefined) {
    writeUint32(inner, rollOver, end)
    end += 4
  }
  half.outerPad.copy(outer, 0)
  outer.write(hash('sha1', inner.subarray(0, end), 'latin1'), BLOCK, DIGEST, 'latin1')
  return hash('sha1', outer, 'latin1')
}

function writeTag(
  half: Half,
  packet: Buffer,
  length: number,
  rollOver: number | undefined,
  output: Buffer,
  at: number,
): void {
  output.write(digest(half, packet, length, rollOver), at, TAG_LENGTH, 'latin1')
}

/** In a time that does not depend on where the tags differ. */
function tagMatches(
  half: Half,
  packet: Buffer,
  length: number,
  rollOver: number | undefined,
  tagged: Buffer,
  at: number,
): boolean {
  const expected = digest(half, packet, length, rollOver)
  let difference = 0
  for (let i = 0; i < TAG_LENGTH; i++) difference |= expected.charCodeAt(i) ^ tagged[at + i]!
  return difference === 0
}
