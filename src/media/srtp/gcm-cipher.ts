/** AES-GCM for SRTP and SRTCP (RFC 7714): one `createCipheriv` for each packet, as Node offers no way to set a new IV. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { writeUint32 } from '../rtp/packet.ts'
import { writeGcmRtcpIv, writeGcmRtpIv } from './initialisation-vector.ts'
import type { DerivedKeys, SessionKeys } from './key-derivation.ts'
import type { PacketCipher } from './packet-cipher.ts'
import { RTCP_CLEAR_LENGTH, SRTCP_ENCRYPTED, SRTCP_INDEX_LENGTH } from './packet-cipher.ts'

const TAG_LENGTH = 16
const iv = Buffer.alloc(12)
const clear = Buffer.alloc(RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH)

export function createGcmCipher(keys: DerivedKeys): PacketCipher {
  const rtp = half(keys.rtp)
  const rtcp = half(keys.rtcp)
  return {
    tagLength: TAG_LENGTH,
    protectRtp(packet, length, headerLength, ssrc, index, output) {
      writeGcmRtpIv(rtp.salt, ssrc, index, iv, 0)
      packet.copy(output, 0, 0, headerLength)
      const cipher = createCipheriv(rtp.algorithm, rtp.key, iv)
      cipher.setAAD(packet.subarray(0, headerLength))
      cipher.update(packet.subarray(headerLength, length)).copy(output, headerLength)
      cipher.final()
      cipher.getAuthTag().copy(output, length)
      return length + TAG_LENGTH
    },
    unprotectRtp(packet, length, headerLength, ssrc, index, output) {
      const end = length - TAG_LENGTH
      if (end < headerLength) return -1
      writeGcmRtpIv(rtp.salt, ssrc, index, iv, 0)
      const aad = packet.subarray(0, headerLength)
      if (!open(rtp, aad, packet.subarray(headerLength, end), packet.subarray(end, length), output, headerLength))
        return -1
      aad.copy(output, 0)
      return end
    },
    protectRtcp(packet, length, ssrc, index, output) {
      writeGcmRtcpIv(rtcp.salt, ssrc, index, iv, 0)
      packet.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      packet.copy(clear, 0, 0, RTCP_CLEAR_LENGTH)
      writeUint32(clear, SRTCP_ENCRYPTED + index, RTCP_CLEAR_LENGTH)
      const cipher = createCipheriv(rtcp.algorithm, rtcp.key, iv)
      cipher.setAAD(clear)
      cipher.update(packet.subarray(RTCP_CLEAR_LENGTH, length)).copy(output, RTCP_CLEAR_LENGTH)
      cipher.final()
      cipher.getAuthTag().copy(output, length)
      clear.copy(output, length + TAG_LENGTH, RTCP_CLEAR_LENGTH)
      return length + TAG_LENGTH + SRTCP_INDEX_LENGTH
    },
    unprotectRtcp(packet, length, ssrc, index, output) {
      const end = length - SRTCP_INDEX_LENGTH - TAG_LENGTH
      writeGcmRtcpIv(rtcp.salt, ssrc, index, iv, 0)
      packet.copy(clear, 0, 0, RTCP_CLEAR_LENGTH)
      packet.copy(clear, RTCP_CLEAR_LENGTH, length - SRTCP_INDEX_LENGTH, length)
      const tag = packet.subarray(end, end + TAG_LENGTH)
      if (!open(rtcp, clear, packet.subarray(RTCP_CLEAR_LENGTH, end), tag, output, RTCP_CLEAR_LENGTH)) return -1
      clear.copy(output, 0, 0, RTCP_CLEAR_LENGTH)
      return end
    },
  }
}

interface Half {
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm'
  readonly key: KeyObject
  readonly salt: Buffer
}

function half(keys: SessionKeys): Half {
  const algorithm = keys.encryption.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
  return { algorithm, key: createSecretKey(keys.encryption), salt: keys.salt }
}

/** Decrypts into `output`; false, and zeros there, when the tag does not verify. */
function open(half: Half, aad: Buffer, sealed: Buffer, tag: Buffer, output: Buffer, at: number): boolean {
  const decipher = createDecipheriv(half.algorithm, half.key, iv, { authTagLength: TAG_LENGTH })
  decipher.setAuthTag(tag)
  decipher.setAAD(aad)
  const plain = decipher.update(sealed)
  try {
    decipher.final()
  } catch {
    return false
  }
  plain.copy(output, at)
  return true
}
