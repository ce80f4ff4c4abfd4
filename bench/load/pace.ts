/** Begins `count` operations evenly at `rate` a second, whether or not earlier ones have ended: the load does not wait for the server. */
import { pause } from '../../test/support/places.ts'
import type { Tally } from './report.ts'

const TICK_MS = 1

export async function pace(rate: number, count: number, tally: Tally, begin: (index: number) => void): Promise<void> {
  const start = performance.now()
  for (let begun = 0; begun < count; ) {
    const elapsed = performance.now() - start
    const due = Math.min(count, Math.floor((elapsed / 1000) * rate) + 1)
    if (due > begun) tally.behindMs = Math.max(tally.behindMs, elapsed - (begun / rate) * 1000)
    while (begun < due) begin(begun++)
    await pause(TICK_MS)
  }
}

/** Waits until the tally has `count` ends, or `limitMs` have passed since the last one. */
export async function drained(tally: Tally, count: number, limitMs: number): Promise<void> {
  let last = tally.finished
  let since = performance.now()
  while (tally.finished < count) {
    await pause(10)
    if (tally.finished !== last) since = performance.now()
    last = tally.finished
    if (performance.now() - since > limitMs) return
  }
}
