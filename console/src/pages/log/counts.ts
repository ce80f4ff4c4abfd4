/** How many, of what is on the screen: over time, and by a field. */
import type { LogCounts, LoggedEvent } from '../../api/types.ts'
import { fieldValue } from './language.ts'

export interface Bar {
  readonly from: number
  readonly until: number
  readonly count: number
  /** Warnings, errors and what is critical. */
  readonly loud: number
}

export interface Group {
  readonly values: readonly string[]
  readonly count: number
}

const SPANS = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000]
const MAXIMUM_BARS = 48
const LOUD = new Set(['warning', 'error', 'critical'])

/** `per`: milliseconds of a bar, where that was asked for. */
export function barsOf(events: readonly LoggedEvent[], per?: number): readonly Bar[] {
  if (events.length === 0) return []
  const times = events.map(({ event }) => event.at)
  const first = times.reduce((least, at) => Math.min(least, at))
  const last = times.reduce((most, at) => Math.max(most, at))
  const fits = SPANS.map(each => each * 1_000).find(each => last - first < each * (MAXIMUM_BARS - 2))
  const wide = Math.ceil((last - first + 1) / (MAXIMUM_BARS - 2))
  const span = per !== undefined && last - first < per * (MAXIMUM_BARS - 2) ? per : (fits ?? wide)
  const start = Math.floor(first / span) * span
  const bars = Array.from({ length: Math.floor((last - start) / span) + 1 }, (_, index) => ({
    from: start + index * span,
    until: start + (index + 1) * span,
    count: 0,
    loud: 0,
  }))
  for (const { event } of events) {
    const bar = bars[Math.floor((event.at - start) / span)]!
    bar.count++
    if (LOUD.has(event.severity)) bar.loud++
  }
  return bars
}

/** The largest first; what has no value of a field is a group as well. */
export function groupsOf(events: readonly LoggedEvent[], by: readonly string[], top: number): readonly Group[] {
  const groups = new Map<string, { readonly values: readonly string[]; count: number }>()
  for (const logged of events) {
    const values = by.map(field => fieldValue(logged, field))
    const key = JSON.stringify(values)
    const group = groups.get(key) ?? { values, count: 0 }
    group.count++
    groups.set(key, group)
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count).slice(0, top)
}

/** Groups of a count in steps of time, each over all of them. */
export function overTime({ groups }: LogCounts): readonly Group[] {
  const sums = new Map<string, { readonly values: readonly string[]; count: number }>()
  for (const { values, count } of groups) {
    const key = JSON.stringify(values)
    const sum = sums.get(key) ?? { values, count: 0 }
    sum.count += count
    sums.set(key, sum)
  }
  return [...sums.values()].toSorted((a, b) => b.count - a.count)
}
