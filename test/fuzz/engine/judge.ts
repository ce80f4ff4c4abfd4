/** One input against one target: the target's own invariants, and time that grows with the length only. */
import type { Random } from './random.ts'
import type { FuzzTarget } from './target.ts'

/** Microseconds of this thread's processor time for one input: about a hundred times what the slowest honest one takes. */
const MAXIMUM_MICROSECONDS = 100_000
/** Wall time from which the processor time is looked at. */
const SUSPECT_MS = 50
/** Four times the length may cost this many times as much, and so much more besides. */
const MAXIMUM_GROWTH = 10
const FLOOR_MICROSECONDS = 3_000

export class TooSlow extends Error {}

/** Throws what the target throws, or TooSlow. */
export function judge(target: FuzzTarget, input: Buffer): void {
  const start = performance.now()
  target.check(input)
  if (performance.now() - start < SUSPECT_MS) return
  const cost = costOf(target, input, 4)
  if (cost > MAXIMUM_MICROSECONDS) throw new TooSlow(`${input.length} octets took ${cost} us of processor time`)
}

/**
 * Repeats a piece of the input within it until it is `n` and `4n` octets long: a cost that grows with the square shows
 * itself long before it hurts. Throws TooSlow, with the longer input as `cause`.
 */
export function judgeGrowth(target: FuzzTarget, input: Buffer, random: Random): void {
  const from = random.below(input.length + 1)
  const piece = input.subarray(from, from + 1 + random.below(random.oneIn(2) ? 4 : 40))
  const n = random.pick([500, 1900, 7000].filter(length => 4 * length + input.length <= target.maximumLength))
  if (piece.length === 0 || n === undefined) return
  const [short, long] = [stretch(input, from, piece, n), stretch(input, from, piece, 4 * n)]
  for (let attempt = 0; ; attempt++) {
    const [less, more] = [costOf(target, short, 3), costOf(target, long, 3)]
    if (more <= MAXIMUM_GROWTH * less + FLOOR_MICROSECONDS) return
    if (attempt < 4) continue
    throw new TooSlow(`${short.length} octets took ${less} us, ${long.length} octets ${more} us`, { cause: long })
  }
}

function stretch(input: Buffer, at: number, piece: Buffer, length: number): Buffer {
  const filling = Buffer.alloc(Math.ceil(length / piece.length) * piece.length, piece)
  return Buffer.concat([input.subarray(0, at), filling, input.subarray(at)])
}

/** Microseconds of processor time of this thread, the least of several runs: neither the neighbours nor a collection count. */
function costOf(target: FuzzTarget, input: Buffer, runs: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < runs; i++) {
    const before = process.threadCpuUsage()
    target.check(input)
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, user + system)
  }
  return least
}
