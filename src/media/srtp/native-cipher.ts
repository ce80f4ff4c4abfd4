/**
 * The suites on native OpenSSL. A packet is worked on where native memory keeps it; one that lies elsewhere is copied in and
 * out. `output` may be the packet itself.
 */
import { writeUint32 } from '../rtp/packet.ts'
import { writeGcmRtcpIv, writeGcmRtpIv } from './initialisation-vector.ts'
import type { DerivedKeys, SessionKeys } from './key-derivation.ts'
import { AT, HMAC_STATE_WORDS, type NativeOpenssl, PACKET_CAPACITY } from './native-openssl.ts'
import type { PacketCipher } from './packet-cipher.ts'
import { RTCP_CLEAR_LENGTH, SRTCP_ENCRYPTED, SRTCP_INDEX_LENGTH } from './packet-cipher.ts'
import type { Suite } from './suites.ts'

const KEY_AT = AT.key / 4
const IV_AT = AT.iv / 4
const CM_TAG = 10
const GCM_TAG = 16
const ROLL_OVER_LENGTH = 4
/** What is written behind a packet at most. */
const MARGIN = GCM_TAG + SRTCP_INDEX_LENGTH

export function createNativeCipher(openssl: NativeOpenssl, suite: Suite, keys: DerivedKeys): PacketCipher {
  return suite.kind === 'gcm' ? gcm(openssl, suite.keyLength, keys) : counterMode(openssl, suite.keyLength, keys)
}

/** Puts the packet where native code works; false when it does not fit. */
function enter(openssl: NativeOpenssl, packet: Buffer, length: number): boolean {
  if (length < 0 || length > packet.length || length + MARGIN > PACKET_CAPACITY) return false
  const { bytes } = openssl.packet
  if (packet !== bytes) packet.copy(bytes, 0, 0, length)
  return true
}

/** Hands out what became of it. */
function leave(openssl: NativeOpenssl, output: Buffer, length: number): number {
  const { bytes } = openssl.packet
  if (output !== bytes) bytes.copy(output, 0, 0, length)
  return length
}

/** In the other order of octets. */
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}

/** Of the packet under work. */
const tag = new Uint8Array(CM_TAG)

/**
 * What one direction of one kind of packet needs, side by side, since a packet of another call comes next and each line of
 * memory is far away then: key, salt, and the two states of the HMAC, in words of 32 bits.
 */
interface Half {
  readonly words: Int32Array
  readonly keys: SessionKeys
  /** The states are there: they are made with the first packet. */
  hasStates: boolean
}

const SALT_AT = 8
const STATES_AT = 12

function half(keys: SessionKeys): Half {
  const words = new Int32Array(STATES_AT + HMAC_STATE_WORDS)
  const octets = new Uint8Array(words.buffer)
  octets.set(keys.encryption, 0)
  octets.set(keys.salt, 4 * SALT_AT)
  return { words, keys, hasStates: false }
}

function counterMode(openssl: NativeOpenssl, keyLength: 16 | 32, keys: DerivedKeys): PacketCipher {
  const { memory } = openssl
  const { bytes } = openssl.packet
  const rtp = half(keys.rtp)
  const rtcp = half(keys.rtcp)
  const crypt = ({ words }: Half, ssrc: number, index: number, from: number, to: number): boolean => {
    if (to <= from) return to === from
    const native = openssl.words
    for (let i = 0; i < keyLength >> 2; i++) native[KEY_AT + i] = words[i]!
    // (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16) (RFC 3711 §4.1.1); the words lie as on a little-endian machine.
    native[IV_AT] = words[SALT_AT]!
    native[IV_AT + 1] = words[SALT_AT + 1]! ^ swapped(ssrc)
    native[IV_AT + 2] = words[SALT_AT + 2]! ^ swapped(Math.floor(index / 0x1_0000))
    native[IV_AT + 3] = words[SALT_AT + 3]! ^ swapped((index & 0xffff) << 16)
    return openssl.counterMode(keyLength, from, to)
  }
  /** The tag over `length` octets, to `AT.tag`. */
  const authenticate = (half: Half, length: number): boolean => {
    half.hasStates ||= openssl.hmacStates(half.keys.authentication, half.words, STATES_AT)
    return half.hasStates && openssl.hmacSha1(half.words, STATES_AT, length)
  }
  const writeTag = (at: number): void => {
    for (let i = 0; i < CM_TAG; i++) bytes[at + i] = memory[AT.tag + i]!
  }
  /** In a time that does not depend on where the tags differ. */
  const tagMatches = (at: number): boolean => {
    let difference = 0
    for (let i = 0; i < CM_TAG; i++) difference |= memory[AT.tag + i]! ^ bytes[at + i]!
    return difference === 0
  }
  /** SRTP authenticates the roll-over counter behind the packet (RFC 3711 §4.2). */
  const authenticateRtp = (end: number, index: number): boolean => {
    writeUint32(bytes, Math.floor(index / 0x1_0000), end)
    return authenticate(rtp, end + ROLL_OVER_LENGTH)
  }
  /** The tag at `end` gives way to the HMAC's padding: it is put aside, and put back, since the packet may be tried elsewhere. */
  const verify = (half: Half, end: number, index: number | undefined): boolean => {
    for (let i = 0; i < CM_TAG; i++) tag[i] = bytes[end + i]!
    const done = index === undefined ? authenticate(half, end) : authenticateRtp(end, index)
    for (let i = 0; i < CM_TAG; i++) bytes[end + i] = tag[i]!
    return done && tagMatches(end)
  }
  return {
    tagLength: CM_TAG,
    protectRtp(packet, length, headerLength, ssrc, index, output) {
      if (!enter(openssl, packet, length)) return -1
      if (!crypt(rtp, ssrc, index, headerLength, length) || !authenticateRtp(length, index)) return -1
      writeTag(length)
      return leave(openssl, output, length + CM_TAG)
    },
    unprotectRtp(packet, length, headerLength, ssrc, index, output) {
      const end = length - CM_TAG
      if (end < headerLength || !enter(openssl, packet, length)) return -1
      if (!verify(rtp, end, index)) return -1
      return crypt(rtp, ssrc, index, headerLength, end) ? leave(openssl, output, end) : -1
    },
    protectRtcp(packet, length, ssrc, index, output) {
      if (!enter(openssl, packet, length)) return -1
      if (!crypt(rtcp, ssrc, index, RTCP_CLEAR_LENGTH, length)) return -1
      writeUint32(bytes, SRTCP_ENCRYPTED + index, length)
      const end = length + SRTCP_INDEX_LENGTH
      if (!authenticate(rtcp, end)) return -1
      writeTag(end)
      return leave(openssl, output, end + CM_TAG)
    },
    unprotectRtcp(packet, length, ssrc, index, output) {
      const end = length - CM_TAG
      const plainLength = end - SRTCP_INDEX_LENGTH
      if (plainLength < RTCP_CLEAR_LENGTH || !enter(openssl, packet, length)) return -1
      if (!verify(rtcp, end, undefined)) return -1
      return crypt(rtcp, ssrc, index, RTCP_CLEAR_LENGTH, plainLength) ? leave(openssl, output, plainLength) : -1
    },
  }
}

function gcm(openssl: NativeOpenssl, keyLength: 16 | 32, { rtp, rtcp }: DerivedKeys): PacketCipher {
  const { memory } = openssl
  const { bytes } = openssl.packet
  /** Encrypts `[from, to)` in place; the IV and the AAD lie in memory, the tag will. */
  const seal = (keys: SessionKeys, aadLength: number, from: number, to: number): boolean => {
    memory.set(keys.encryption, AT.key)
    return openssl.gcmSeal(keyLength, aadLength, from, to)
  }
  /** Decrypts `[from, to)` in place, the tag stands at `to`. What does not verify stays as it is. */
  const open = (keys: SessionKeys, aadLength: number, from: number, to: number): boolean => {
    memory.set(keys.encryption, AT.key)
    bytes.copy(memory, AT.tag, to, to + GCM_TAG)
    if (!openssl.gcmOpen(keyLength, aadLength, from, to)) return false
    memory.copy(bytes, from, AT.output + from, AT.output + to)
    return true
  }
  return {
    tagLength: GCM_TAG,
    protectRtp(packet, length, headerLength, ssrc, index, output) {
      if (!enter(openssl, packet, length)) return -1
      writeGcmRtpIv(rtp.salt, ssrc, index, memory, AT.iv)
      bytes.copy(memory, AT.aad, 0, headerLength)
      if (!seal(rtp, headerLength, headerLength, length)) return -1
      memory.copy(bytes, length, AT.tag, AT.tag + GCM_TAG)
      return leave(openssl, output, length + GCM_TAG)
    },
    unprotectRtp(packet, length, headerLength, ssrc, index, output) {
      const end = length - GCM_TAG
      if (end < headerLength || !enter(openssl, packet, length)) return -1
      writeGcmRtpIv(rtp.salt, ssrc, index, memory, AT.iv)
      bytes.copy(memory, AT.aad, 0, headerLength)
      return open(rtp, headerLength, headerLength, end) ? leave(openssl, output, end) : -1
    },
    protectRtcp(packet, length, ssrc, index, output) {
      if (!enter(openssl, packet, length)) return -1
      writeGcmRtcpIv(rtcp.salt, ssrc, index, memory, AT.iv)
      bytes.copy(memory, AT.aad, 0, RTCP_CLEAR_LENGTH)
      writeUint32(memory, SRTCP_ENCRYPTED + index, AT.aad + RTCP_CLEAR_LENGTH)
      if (!seal(rtcp, RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH, RTCP_CLEAR_LENGTH, length)) return -1
      const end = length + GCM_TAG
      memory.copy(bytes, length, AT.tag, AT.tag + GCM_TAG)
      writeUint32(bytes, SRTCP_ENCRYPTED + index, end)
      return leave(openssl, output, end + SRTCP_INDEX_LENGTH)
    },
    unprotectRtcp(packet, length, ssrc, index, output) {
      const end = length - SRTCP_INDEX_LENGTH - GCM_TAG
      if (end < RTCP_CLEAR_LENGTH || !enter(openssl, packet, length)) return -1
      writeGcmRtcpIv(rtcp.salt, ssrc, index, memory, AT.iv)
      bytes.copy(memory, AT.aad, 0, RTCP_CLEAR_LENGTH)
      bytes.copy(memory, AT.aad + RTCP_CLEAR_LENGTH, length - SRTCP_INDEX_LENGTH, length)
      const aadLength = RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH
      return open(rtcp, aadLength, RTCP_CLEAR_LENGTH, end) ? leave(openssl, output, end) : -1
    },
  }
}
