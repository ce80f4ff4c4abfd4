/** Pauses between attempts: growing, and scattered, so that many who wait do not come back at the same moment. Pure. */
import { randomInteger } from '../base/random.ts'

const FIRST_MS = 500
const LONGEST_MS = 60_000

/** After so many failures in a row. A receiver's own wish is waited for. */
export function pauseAfter(failures: number, retryAfterS: number | undefined): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20))
  const scattered = full / 2 + randomInteger(Math.max(1, Math.floor(full / 2)))
  return Math.max(scattered, (retryAfterS ?? 0) * 1_000)
}
