/** Chance that can be repeated: a seed names an office. */

export interface Chance {
  /** 0 to below 1. */
  next(): number
  below(bound: number): number
  pick<T>(items: readonly T[]): T
  happens(probability: number): boolean
  /** Around the median, with a long tail (log-normal). */
  around(median: number, spread: number): number
}

/** mulberry32 */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    below,
    pick: items => items[below(items.length)]!,
    happens: probability => next() < probability,
    around(median, spread) {
      // Box-Muller
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
  }
}
