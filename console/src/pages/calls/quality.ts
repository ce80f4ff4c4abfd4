/** How both sides of a call sounded, step by step: from what was counted since it began to what each step had. */
import type { LoggedEvent } from '../../api/types.ts'

export type Side = 'caller' | 'callee'
export type Measure = 'mos' | 'loss' | 'jitter'

export interface QualityPoint {
  readonly at: number
  readonly mos: number | undefined
  /** Percent of this step's packets. */
  readonly loss: number | undefined
  /** Milliseconds. */
  readonly jitter: number | undefined
}

export type Quality = Readonly<Record<Side, readonly QualityPoint[]>>

interface Counted {
  readonly packets?: unknown
  readonly lost?: unknown
  readonly jitterMs?: unknown
  readonly mos?: unknown
}

/** `events` of one call, in any order. */
export function qualityOf(events: readonly LoggedEvent[]): Quality {
  const reports = events
    .filter(({ event }) => event.type === 'call.quality')
    .toSorted((a, b) => a.event.at - b.event.at)
    .map(({ event }) => event)
  return { caller: stepsOf(reports, 'caller'), callee: stepsOf(reports, 'callee') }
}

function stepsOf(reports: readonly LoggedEvent['event'][], side: Side): readonly QualityPoint[] {
  let packets = 0
  let lost = 0
  return reports.map(({ at, data }) => {
    const counted = (data[side] ?? {}) as Counted
    const now = { packets: numberOf(counted.packets) ?? packets, lost: numberOf(counted.lost) ?? lost }
    // A side that began again counts from nothing.
    const isNew = now.packets < packets
    const got = now.packets - (isNew ? 0 : packets)
    const missed = Math.max(0, now.lost - (isNew ? 0 : lost))
    packets = now.packets
    lost = now.lost
    const loss = got + missed === 0 ? undefined : (100 * missed) / (got + missed)
    return { at, mos: numberOf(counted.mos), loss, jitter: numberOf(counted.jitterMs) }
  })
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
