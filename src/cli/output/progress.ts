/** One line on the error stream while something takes longer than a second. */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Output } from '../ports.ts'

export interface ProgressOptions {
  readonly clock: Clock
  readonly stderr: Output
  /** Rewrites its line in place; otherwise prints a line each time. */
  readonly inPlace: boolean
  readonly enabled: boolean
}

const FIRST_MS = 1_000
const IN_PLACE_MS = 500
const LINES_MS = 5_000

/** Runs `work`, naming it with the seconds it has taken so far. `detail` may add to the line. */
export async function withProgress<T>(
  options: ProgressOptions,
  what: string,
  work: Promise<T>,
  detail?: () => string,
): Promise<T> {
  if (!options.enabled) return work
  const { clock, stderr, inPlace } = options
  const start = clock.monotonic()
  let shown = false
  let timer: Timer
  const show = (): void => {
    const seconds = Math.round((clock.monotonic() - start) / 1_000)
    const more = detail === undefined ? '' : `, ${detail()}`
    stderr.write(inPlace ? `\r\x1b[K${what} … ${seconds} s${more}` : `${what} … ${seconds} s${more}\n`)
    shown = true
    timer = clock.schedule(inPlace ? IN_PLACE_MS : LINES_MS, show)
  }
  timer = clock.schedule(FIRST_MS, show)
  try {
    return await work
  } finally {
    timer.cancel()
    if (shown && inPlace) stderr.write('\r\x1b[K')
  }
}
