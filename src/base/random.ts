/** The only source of randomness in the product: the operating system's generator, read in blocks. */
import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8192
const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let used = POOL_BYTES

function take(length: number): Buffer {
  if (length > POOL_BYTES) throw new RangeError(`at most ${POOL_BYTES} random bytes at once`)
  if (used + length > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const slice = pool.subarray(used, used + length)
  used += length
  return slice
}

/** `length` random bytes that the caller owns. */
export function randomBytes(length: number): Buffer {
  return Buffer.from(take(length))
}

/** `length` random bytes as lower-case hexadecimal text (twice as many characters). */
export function randomHex(length: number): string {
  return take(length).toString('hex')
}

/** `length` random bytes as base64url text. */
export function randomToken(length: number): string {
  return take(length).toString('base64url')
}

/** A random unsigned 32-bit number. */
export function randomUint32(): number {
  return take(4).readUInt32BE(0)
}

/** A uniform integer in [0, bound), without modulo bias. */
export function randomInteger(bound: number): number {
  if (!Number.isSafeInteger(bound) || bound < 1 || bound > 0x1_0000_0000) throw new RangeError('bound out of range')
  const limit = Math.floor(0x1_0000_0000 / bound) * bound
  for (;;) {
    const value = randomUint32()
    if (value < limit) return value % bound
  }
}

/** `length` characters drawn from `alphabet`. */
export function randomText(length: number, alphabet: string): string {
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[randomInteger(alphabet.length)]
  return text
}
