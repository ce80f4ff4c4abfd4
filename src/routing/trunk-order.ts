/** In which order trunks are tried. */
import type { TrunkCandidate } from './types.ts'

/**
 * Healthy ones first, then by priority, and among equals at random by weight (RFC 2782: a weight of 0 has a very small chance). Those
 * that seem dead come last, in the same order: they may answer. `random`: uniform in [0, 1).
 */
export function orderTrunks<T extends TrunkCandidate>(candidates: readonly T[], random: () => number): readonly T[] {
  const healthy = candidates.filter(each => each.healthy)
  const others = candidates.filter(each => !each.healthy)
  return [...byPriority(healthy, random), ...byPriority(others, random)]
}

function byPriority<T extends TrunkCandidate>(candidates: readonly T[], random: () => number): readonly T[] {
  const priorities = [...new Set(candidates.map(each => each.trunk.priority))].toSorted((a, b) => a - b)
  return priorities.flatMap(priority =>
    byWeight(
      candidates.filter(each => each.trunk.priority === priority),
      random,
    ),
  )
}

/** RFC 2782: those of weight 0 at the beginning of the list, then a running sum, and a number from 0 to the sum inclusive. */
function byWeight<T extends TrunkCandidate>(candidates: readonly T[], random: () => number): readonly T[] {
  const left = candidates.toSorted((a, b) => Math.min(1, weightOf(a)) - Math.min(1, weightOf(b)))
  const ordered: T[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, each) => sum + weightOf(each), 0)
    const mark = Math.floor(random() * (total + 1))
    let sum = 0
    const index = left.findIndex(each => {
      sum += weightOf(each)
      return sum >= mark
    })
    ordered.push(...left.splice(Math.max(0, index), 1))
  }
  return ordered
}

function weightOf({ trunk }: TrunkCandidate): number {
  return Number.isFinite(trunk.weight) ? Math.max(0, Math.floor(trunk.weight)) : 0
}
