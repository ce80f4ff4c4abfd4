/** Wall-clock time that a clock which is set does not move: the time of the start, and what has passed since. */
import type { Clock } from './clock.ts'

/** Milliseconds since the epoch, only ever growing. After a restart it is the wall clock's again. */
export function createSteadyTime(clock: Clock): () => number {
  const started = Math.floor(clock.now())
  const startedMonotonic = clock.monotonic()
  return () => started + Math.floor(clock.monotonic() - startedMonotonic)
}
