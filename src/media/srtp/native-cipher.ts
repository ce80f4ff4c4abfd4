/** The suites on native OpenSSL: each packet is copied into its memory, worked on there, and copied out. */
import { MAXIMUM_PACKET_LENGTH, writeUint32 } from '../rtp/packet.ts'
import { writeCounterModeIv, writeGcmRtcpIv, writeGcmRtpIv } from './initialisation-vector.ts'
import type { DerivedKeys, SessionKeys } from './key-derivation.ts'
import { AT, type NativeOpenssl } from './native-openssl.ts'
import type { PacketCipher } from './packet-cipher.ts'
import { RTCP_CLEAR_LENGTH, SRTCP_ENCRYPTED, SRTCP_INDEX_LENGTH } from './packet-cipher.ts'
import type { Suite } from './suites.ts'

const CM_TAG = 10
const GCM_TAG = 16

export function createNativeCipher(openssl: NativeOpenssl, suite: Suite, keys: DerivedKeys): PacketCipher {
  return suite.kind === 'gcm' ? gcm(openssl, suite.keyLength, keys) : counterMode(openssl, suite.keyLength, keys)
}

function counterMode(openssl: NativeOpenssl, keyLength: 16 | 32, { rtp, rtcp }: DerivedKeys): PacketCipher {
  const { memory } = openssl
  /** XORs `[from, to)` of `packet` with keystream into the same place of `output`. */
  const crypt = (
    keys: SessionKeys,
    ssrc: number,
    index: number,
    packet: Buffer,
    from: number,
    to: number,
    output: Buffer,
  ): boolean => {
    if (to <= from) return true
    keys.encryption.copy(memory, AT.key)
    writeCounterModeIv(keys.salt, ssrc, index, memory, AT.iv)
    packet.copy(memory, AT.input, from, to)
    if (!openssl.counterMode(keyLength, to - from)) return false
    memory.copy(output, from, AT.output, AT.output + to - from)
    return true
  }
  /** The tag over `length` octets and, for SRTP, the roll-over counter, to `AT.tag`. */
  const authenticate = (keys: SessionKeys, packet: Buffer, length: number, rollOver: number | undefined): boolean => {
    keys.authentication.copy(memory, AT.macKey)
    packet.copy(memory, AT.input, 0, length)
    if (rollOver === undefined) return openssl.hmacSha1(length)
    writeUint32(memory, rollOver, AT.input + length)
    return openssl.hmacSha1(length + 4)
  }
  const verified = (keys: SessionKeys, packet: Buffer, length: number, rollOver: number | undefined): boolean => {
    if (length < 0 || length > MAXIMUM_PACKET_LENGTH || !authenticate(keys, packet, length, rollOver)) return false
    let difference = 0
    for (let i = 0; i < CM_TAG; i++) difference |= memory[AT.tag + i]! ^ packet[length + i]!
    return difference === 0
  }
  return {
    tagLength: CM_TAG,
    protectRtp(packet, length, headerLength, ssrc, index, output) {
      packet.copy(output, 0, 0, headerLength)
      const done =
        crypt(rtp, ssrc, index, packet, headerLength, length, output) &&
        authenticate(rtp, output, length, Math.floor(index / 0x1_0000))
      memory.copy(output, length, AT.tag, AT.tag + CM_TAG)
      return done ? length + CM_TAG : -1
    },
    unprotectRtp(packet, length, headerLength, ssrc, index, output) {
      const end = length - CM_TAG
      if (end < headerLength || !verified(rtp, packet, end, Math.floor(index / 0x1_0000))) return -1
      packet.copy(output, 0, 0, headerLength)
      return crypt(rtp, ssrc, index, packet, headerLength, end, output) ? end : -1
    },
    protectRtcp(packet, length, ssrc, index, output) {
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      const encrypted = crypt(rtcp, ssrc, index, packet, RTCP_CLEAR_LENGTH, length, output)
      writeUint32(output, SRTCP_ENCRYPTED + index, length)
      const end = length + SRTCP_INDEX_LENGTH
      if (!encrypted || !authenticate(rtcp, output, end, undefined)) return -1
      memory.copy(output, end, AT.tag, AT.tag + CM_TAG)
      return end + CM_TAG
    },
    unprotectRtcp(packet, length, ssrc, index, output) {
      const end = length - CM_TAG
      if (!verified(rtcp, packet, end, undefined)) return -1
      const plainLength = end - SRTCP_INDEX_LENGTH
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      return crypt(rtcp, ssrc, index, packet, RTCP_CLEAR_LENGTH, plainLength, output) ? plainLength : -1
    },
  }
}

function gcm(openssl: NativeOpenssl, keyLength: 16 | 32, { rtp, rtcp }: DerivedKeys): PacketCipher {
  const { memory } = openssl
  /** Encrypts `[from, to)` of `packet` into `output` and puts the tag behind it; the AAD lies in memory. */
  const seal = (
    keys: SessionKeys,
    aadLength: number,
    packet: Buffer,
    from: number,
    to: number,
    output: Buffer,
  ): boolean => {
    keys.encryption.copy(memory, AT.key)
    packet.copy(memory, AT.input, from, to)
    if (!openssl.gcmSeal(keyLength, aadLength, to - from)) return false
    memory.copy(output, from, AT.output, AT.output + to - from)
    memory.copy(output, to, AT.tag, AT.tag + GCM_TAG)
    return true
  }
  /** The reverse; the tag stands at `to` of `packet`. Nothing is written to `output` unless it verifies. */
  const open = (
    keys: SessionKeys,
    aadLength: number,
    packet: Buffer,
    from: number,
    to: number,
    output: Buffer,
  ): boolean => {
    keys.encryption.copy(memory, AT.key)
    packet.copy(memory, AT.input, from, to)
    packet.copy(memory, AT.tag, to, to + GCM_TAG)
    if (!openssl.gcmOpen(keyLength, aadLength, to - from)) return false
    memory.copy(output, from, AT.output, AT.output + to - from)
    return true
  }
  return {
    tagLength: GCM_TAG,
    protectRtp(packet, length, headerLength, ssrc, index, output) {
      writeGcmRtpIv(rtp.salt, ssrc, index, memory, AT.iv)
      packet.copy(memory, AT.aad, 0, headerLength)
      packet.copy(output, 0, 0, headerLength)
      return seal(rtp, headerLength, packet, headerLength, length, output) ? length + GCM_TAG : -1
    },
    unprotectRtp(packet, length, headerLength, ssrc, index, output) {
      const end = length - GCM_TAG
      if (end < headerLength || length > MAXIMUM_PACKET_LENGTH) return -1
      writeGcmRtpIv(rtp.salt, ssrc, index, memory, AT.iv)
      packet.copy(memory, AT.aad, 0, headerLength)
      if (!open(rtp, headerLength, packet, headerLength, end, output)) return -1
      packet.copy(output, 0, 0, headerLength)
      return end
    },
    protectRtcp(packet, length, ssrc, index, output) {
      writeGcmRtcpIv(rtcp.salt, ssrc, index, memory, AT.iv)
      packet.copy(memory, AT.aad, 0, RTCP_CLEAR_LENGTH)
      writeUint32(memory, SRTCP_ENCRYPTED + index, AT.aad + RTCP_CLEAR_LENGTH)
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      const aadLength = RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH
      if (!seal(rtcp, aadLength, packet, RTCP_CLEAR_LENGTH, length, output)) return -1
      writeUint32(output, SRTCP_ENCRYPTED + index, length + GCM_TAG)
      return length + GCM_TAG + SRTCP_INDEX_LENGTH
    },
    unprotectRtcp(packet, length, ssrc, index, output) {
      const end = length - SRTCP_INDEX_LENGTH - GCM_TAG
      if (end < RTCP_CLEAR_LENGTH || length > MAXIMUM_PACKET_LENGTH) return -1
      writeGcmRtcpIv(rtcp.salt, ssrc, index, memory, AT.iv)
      packet.copy(memory, AT.aad, 0, RTCP_CLEAR_LENGTH)
      packet.copy(memory, AT.aad + RTCP_CLEAR_LENGTH, length - SRTCP_INDEX_LENGTH, length)
      const aadLength = RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH
      if (!open(rtcp, aadLength, packet, RTCP_CLEAR_LENGTH, end, output)) return -1
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      return end
    },
  }
}
