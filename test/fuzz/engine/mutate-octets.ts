/** Changes to packets: bits, edge values of 8, 16 and 32 bits, lengths that lie. */
import type { Random } from './random.ts'

const EDGES = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

type OctetMutator = (bytes: Buffer, other: Buffer, random: Random) => Buffer

const flip: OctetMutator = (bytes, _other, random) => {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
  return bytes
}

const early: OctetMutator = (bytes, _other, random) => {
  if (bytes.length > 0) bytes[random.below(Math.min(bytes.length, 12))] = random.below(256)
  return bytes
}

const edge: OctetMutator = (bytes, _other, random) => {
  const width = random.pick([1, 2, 4])
  if (bytes.length < width) return bytes
  const value = random.oneIn(4) ? bytes.length - random.below(40) : random.pick(EDGES)
  bytes.writeUIntBE((value >>> 0) % 2 ** (8 * width), random.below(bytes.length - width + 1), width)
  return bytes
}

const truncate: OctetMutator = (bytes, _other, random) => bytes.subarray(0, random.below(bytes.length + 1))

const grow: OctetMutator = (bytes, _other, random) =>
  Buffer.concat([bytes, Buffer.alloc(1 + random.below(random.oneIn(8) ? 2100 : 40), random.below(256))])

const splice: OctetMutator = (bytes, other, random) =>
  Buffer.concat([bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))])

const double: OctetMutator = (bytes, _other, random) => {
  const from = random.below(bytes.length + 1)
  return Buffer.concat([bytes, bytes.subarray(from)])
}

const noise: OctetMutator = (bytes, _other, random) => {
  for (let i = 1 + random.below(8); i > 0 && bytes.length > 0; i--)
    bytes[random.below(bytes.length)] = random.below(256)
  return bytes
}

const MUTATORS: readonly OctetMutator[] = [flip, flip, early, early, edge, edge, truncate, grow, splice, double, noise]

export function mutateOctets(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let result: Buffer = Buffer.from(bytes)
  for (let changes = 1 + random.below(1 + random.below(5)); changes > 0; changes--) {
    result = random.pick(MUTATORS)(result, other, random)
  }
  return result
}
