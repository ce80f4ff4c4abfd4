/** Whether two samples of times can be told apart. */

export interface Compared {
  /** Chance that a value of the first is above one of the second; 0.5 where nothing can be told (Mann-Whitney U / (n m)). */
  readonly above: number
  /** Standard deviations from 0.5 under the assumption that both are the same. */
  readonly z: number
  /** Difference of the medians, in the samples' unit. */
  readonly medianDifference: number
}

/** Mann-Whitney U with average ranks for ties, normal approximation. */
export function compareSamples(first: readonly number[], second: readonly number[]): Compared {
  const [n, m] = [first.length, second.length]
  const all = [...first.map(value => ({ value, mine: true })), ...second.map(value => ({ value, mine: false }))]
  all.sort((a, b) => a.value - b.value)
  let rankSum = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]!.value === all[from]!.value) to++
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (all[i]!.mine) rankSum += rank
    from = to
  }
  const u = rankSum - (n * (n + 1)) / 2
  const z = (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12)
  return { above: u / (n * m), z, medianDifference: median(first) - median(second) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
