/**
 * Longest-prefix lookup for hundreds of thousands of digit prefixes. A prefix is kept as one number, its digits after a leading 1, in
 * a table with open addressing: 12 octets for each slot, at most half of the slots taken; a lookup looks once for each length
 * that occurs.
 */
const MAXIMUM_DIGITS = 15
const MAXIMUM_PREFIXES = 4_000_000

export interface PrefixTable {
  readonly size: number
  /** The value of the longest prefix of `digits`, or undefined. Characters from `start` on count; they must be digits. */
  longest(digits: string, start?: number): number | undefined
}

/** Prefixes of 1 to 15 digits; values are integers from 0 to 2^31 - 1. Of equal prefixes the last one counts. */
export function createPrefixTable(entries: Iterable<readonly [prefix: string, value: number]>): PrefixTable {
  const given = [...entries]
  if (given.length > MAXIMUM_PREFIXES) throw new RangeError(`at most ${MAXIMUM_PREFIXES} prefixes`)
  const capacity = 1 << Math.max(4, Math.ceil(Math.log2(given.length * 2 + 1)))
  const mask = capacity - 1
  const keys = new Float64Array(capacity)
  const values = new Int32Array(capacity)
  let lengths = 0
  let size = 0
  const slotOf = (key: number): number => {
    let slot = hash(key) & mask
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask
    return slot
  }
  for (const [prefix, value] of given) {
    if (!/^\d{1,15}$/.test(prefix)) throw new RangeError(`no prefix: ${prefix.slice(0, 20)}`)
    if (!Number.isInteger(value) || value < 0 || value > 0x7fff_ffff) throw new RangeError(`no value: ${value}`)
    const key = Number(`1${prefix}`)
    const slot = slotOf(key)
    if (keys[slot] === 0) size++
    keys[slot] = key
    values[slot] = value
    lengths |= 1 << prefix.length
  }
  const path = new Float64Array(MAXIMUM_DIGITS + 1)
  return {
    size,
    longest(digits, start = 0) {
      const limit = Math.min(MAXIMUM_DIGITS, digits.length - start)
      let key = 1
      for (let length = 1; length <= limit; length++) {
        key = key * 10 + (digits.charCodeAt(start + length - 1) - 48)
        path[length] = key
      }
      for (let length = limit; length > 0; length--) {
        if (((lengths >> length) & 1) === 0) continue
        const slot = slotOf(path[length]!)
        if (keys[slot] !== 0) return values[slot]
      }
      return undefined
    },
  }
}

/** Keys are up to 2 x 10^15: both halves take part. */
function hash(key: number): number {
  const high = Math.floor(key / 0x1_0000_0000)
  let mixed = Math.imul((key | 0) ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 13)) >>> 0
}
