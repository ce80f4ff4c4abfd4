/** Drops as events, sampled: one at once, then one a minute for each source, and never many a second in all. */
import { BoundedMap } from '../base/bounded.ts'
import { sourceKey } from '../base/network.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { Source } from '../events/registration-events.ts'
import { RateBuckets } from './rate-buckets.ts'

const EVERY = 60_000
const EVENTS_PER_SECOND = 10

interface Unreported {
  count: number
  reportedAt: number
}

export type ReportDrop = (source: Source, method: string, rule: string, reason: string, now: number) => void

export function createDropReporter(events: EventPublisher, capacity: number): ReportDrop {
  const bySource = new BoundedMap<string, Unreported>(capacity)
  const overall = new RateBuckets(1, EVENTS_PER_SECOND)
  return (source, method, rule, reason, now) => {
    const key = sourceKey(source.address)
    let state = bySource.touch(key)
    if (state === undefined) {
      state = { count: 0, reportedAt: Number.NEGATIVE_INFINITY }
      bySource.set(key, state)
    }
    state.count++
    if (now - state.reportedAt < EVERY || !overall.take('', now)) return
    const { count } = state
    state.count = 0
    state.reportedAt = now
    events.publish('message.dropped', { source, method, rule, reason, count })
  }
}
