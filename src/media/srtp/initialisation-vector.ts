/** The initialisation vectors of SRTP and SRTCP. An index is a number below 2^48. */

const INDEX_ROUND = 0x1_0000

/** (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16), 16 octets with the block counter 0 (RFC 3711 §4.1.1). */
export function writeCounterModeIv(salt: Buffer, ssrc: number, index: number, target: Buffer, at: number): void {
  const high = Math.floor(index / INDEX_ROUND)
  for (let i = 0; i < 4; i++) target[at + i] = salt[i]!
  xorUint32(salt, 4, ssrc, target, at + 4)
  xorUint32(salt, 8, high, target, at + 8)
  target[at + 12] = salt[12]! ^ ((index >>> 8) & 0xff)
  target[at + 13] = salt[13]! ^ (index & 0xff)
  target[at + 14] = 0
  target[at + 15] = 0
}

/** 00 00 | SSRC | ROC | SEQ, XOR the salt: 12 octets (RFC 7714 §8.1). */
export function writeGcmRtpIv(salt: Buffer, ssrc: number, index: number, target: Buffer, at: number): void {
  target[at] = salt[0]!
  target[at + 1] = salt[1]!
  xorUint32(salt, 2, ssrc, target, at + 2)
  xorUint32(salt, 6, Math.floor(index / INDEX_ROUND), target, at + 6)
  target[at + 10] = salt[10]! ^ ((index >>> 8) & 0xff)
  target[at + 11] = salt[11]! ^ (index & 0xff)
}

/** 00 00 | SSRC | 00 00 | 31-bit index, XOR the salt: 12 octets (RFC 7714 §9.1). */
export function writeGcmRtcpIv(salt: Buffer, ssrc: number, index: number, target: Buffer, at: number): void {
  target[at] = salt[0]!
  target[at + 1] = salt[1]!
  xorUint32(salt, 2, ssrc, target, at + 2)
  target[at + 6] = salt[6]!
  target[at + 7] = salt[7]!
  xorUint32(salt, 8, index, target, at + 8)
}

function xorUint32(salt: Buffer, from: number, value: number, target: Buffer, at: number): void {
  target[at] = salt[from]! ^ (value >>> 24)
  target[at + 1] = salt[from + 1]! ^ ((value >>> 16) & 0xff)
  target[at + 2] = salt[from + 2]! ^ ((value >>> 8) & 0xff)
  target[at + 3] = salt[from + 3]! ^ (value & 0xff)
}
