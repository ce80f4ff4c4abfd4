/** G.711 (ITU-T G.711): PCMU and PCMA to and from 16-bit linear samples, one octet for each sample at 8 kHz. */

export type CodecName = 'PCMU' | 'PCMA'

export interface Codec {
  readonly name: CodecName
  /** Static payload type (RFC 3551 §6). */
  readonly payloadType: number
  readonly clockRate: 8000
  encode(samples: Int16Array): Buffer
  decode(payload: Uint8Array): Int16Array
}

const BIAS = 0x84
const CLIP = 32_635

function encodeMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS
  let exponent = 7
  for (let mask = 0x4000; (magnitude & mask) === 0 && exponent > 0; mask >>= 1) exponent--
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

function decodeMuLaw(octet: number): number {
  const value = ~octet & 0xff
  const exponent = (value >> 4) & 0x07
  const magnitude = ((((value & 0x0f) << 3) + BIAS) << exponent) - BIAS
  return (value & 0x80) === 0 ? magnitude : -magnitude
}

function encodeALaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0
  const magnitude = Math.min(sample >= 0 ? sample : -sample - 1, 32_767)
  let exponent = 7
  for (let mask = 0x4000; (magnitude & mask) === 0 && exponent > 0; mask >>= 1) exponent--
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}

function decodeALaw(octet: number): number {
  const value = octet ^ 0x55
  const exponent = (value >> 4) & 0x07
  const mantissa = ((value & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return (value & 0x80) === 0 ? -magnitude : magnitude
}

function table(decode: (octet: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, octet) => decode(octet))
}

function codec(name: CodecName, payloadType: number, encode: (sample: number) => number, decoded: Int16Array): Codec {
  return {
    name,
    payloadType,
    clockRate: 8000,
    encode(samples) {
      const payload = Buffer.allocUnsafe(samples.length)
      for (let i = 0; i < samples.length; i++) payload[i] = encode(samples[i]!)
      return payload
    },
    decode(payload) {
      const samples = new Int16Array(payload.length)
      for (let i = 0; i < payload.length; i++) samples[i] = decoded[payload[i]!]!
      return samples
    },
  }
}

export const PCMU = codec('PCMU', 0, encodeMuLaw, table(decodeMuLaw))
export const PCMA = codec('PCMA', 8, encodeALaw, table(decodeALaw))
export const CODECS: readonly Codec[] = [PCMU, PCMA]
