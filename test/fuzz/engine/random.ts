/** A generator of numbers that a seed names: the same seed gives the same run. */

export interface Random {
  /** An unsigned number of 32 bits. */
  next(): number
  /** From 0 to `bound` - 1. */
  below(bound: number): number
  pick<T>(from: readonly T[]): T
  /** True once in `n` times. */
  oneIn(n: number): boolean
}

/** sfc32, a small counter-based generator; never for anything secret. */
export function createRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, 0x9e37_79b9 | 0, 0x243f_6a88 | 0, 1]
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  const below = (bound: number): number => next() % bound
  return { next, below, pick: from => from[below(from.length)]!, oneIn: n => below(n) === 0 }
}
