/** What a soak has to show: whether it was what was ordered, and whether anything grew. */
import assert from 'node:assert/strict'
import type { LoadReport } from './load.ts'
import type { Sample } from './sample.ts'
import { slopeOf, type Slope } from './slope.ts'

export interface SoakSize {
  readonly seconds: number
  readonly callsPerSecond: number
}

const HOUR = 3600

/** A slope may be as large as this without being called a leak, and must be three standard errors from zero to be one. */
const BOUNDS = { heap: 1_000_000, rss: 6_000_000 } as const
/** Of the counts, per hour. */
const GROWTH = 0.05

/** What fills itself in the first minutes (compiled code, caches, the answers kept for 32 s) is no leak. */
export function warmUpOf({ seconds }: SoakSize): number {
  return Math.min(seconds / 4, 600)
}

/**
 * Memory takes longer to settle: compiled code and the allocator's pages fill in slower and slower (`docs/soak-hour.csv`). A leak does
 * not slow down, so its second half is judged, by half the bound that the whole would be.
 */
export function memoryWarmUpOf({ seconds }: SoakSize): number {
  return seconds / 2
}

export function slopes(samples: readonly Sample[], name: string, after: number): Slope {
  const steady = samples.filter(({ at }) => at > after)
  return slopeOf(steady.map(sample => [sample.at / HOUR, sample[name]!] as const))
}

export const COUNTED = [
  'descriptors',
  'ports',
  'nodeTimers',
  'resources',
  'calls',
  'legs',
  'registrations',
  'connections',
  'serverTransactions',
  'clientTransactions',
  'answeredRequests',
  'timers',
] as const

/** Gone when nobody calls any more; what the server keeps for itself (threads, database, listeners) is `idle`. */
export const GIVEN_BACK = [
  'calls',
  'legs',
  'registrations',
  'connections',
  'serverTransactions',
  'clientTransactions',
  'answeredRequests',
] as const

export function judge(
  size: SoakSize,
  samples: readonly Sample[],
  report: LoadReport,
  { idle, quiet }: { readonly idle: Sample; readonly quiet: Sample },
): void {
  assert.ok(report.placed >= samples.at(-1)!.at * size.callsPerSecond * 0.9, `only ${report.placed} calls were placed`)
  assert.ok(report.answered > report.placed / 2)
  assert.ok(report.audioPackets > 0, 'no audio')
  const odd = Object.values(report.unexpected).reduce((sum, count) => sum + count, 0)
  assert.ok(odd <= report.placed / 1_000, JSON.stringify(report.unexpected))
  assert.ok(report.overloaded <= report.placed / 20, `${report.overloaded} times 503`)
  for (const name of GIVEN_BACK) assert.equal(quiet[name], 0, `${name} after the last call`)
  // The relay keeps its bound ports for the next calls, within a bound: they are not given back, but do not grow.
  const most = (name: string): number => Math.max(...samples.map(sample => sample[name]!))
  assert.ok(quiet.ports <= most('ports'), `${quiet.ports} ports after, at most ${most('ports')} before`)
  assert.ok(quiet.descriptors <= most('descriptors') + 4, `${quiet.descriptors} descriptors after`)
  assert.ok(quiet.resources <= idle.resources + 8, `${quiet.resources} handles after, ${idle.resources} before`)
  if (samples.at(-1)!.at < 1800) return
  for (const [name, bound] of Object.entries(BOUNDS)) {
    const { slope, error } = slopes(samples, name, memoryWarmUpOf(size))
    assert.ok(slope < bound || slope < 3 * error, `${name} grows: ${slope} ± ${error} bytes/h`)
  }
  for (const name of COUNTED) {
    const { slope, error, maximum } = slopes(samples, name, warmUpOf(size))
    assert.ok(slope <= Math.max(3 * error, maximum * GROWTH), `${name} grows: ${slope} ± ${error} /h`)
  }
}
