/** How late the event loop is: when it lags, new requests are refused before those in dialogs suffer. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, Timer } from '../base/clock.ts'
import type { EventPublisher } from '../events/bus.ts'

export interface OverloadWatch {
  overloaded(): boolean
  stop(): void
}

const LOOK_MS = 500
/** Half of the time that a peer waits before it repeats a request (RFC 3261 §17.1.1.1, T1 = 500 ms). */
const LATE_MS = 250
const TELL_MS = 60_000

export function watchOverload(clock: Clock, events: EventPublisher): OverloadWatch {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let late = false
  let lateBefore = false
  let told = Number.NEGATIVE_INFINITY
  let timer: Timer
  const look = (): void => {
    const lag = delay.percentile(50) / 1e6
    delay.reset()
    // Once is a start, or a garbage collection; twice is a machine that cannot follow.
    late = lag > LATE_MS && lateBefore
    lateBefore = lag > LATE_MS
    if (late && clock.monotonic() - told > TELL_MS) {
      told = clock.monotonic()
      const detail = `the event loop is ${Math.round(lag)} ms late: new requests get 503 with Retry-After`
      events.publish('system.overloaded', { what: 'event loop', detail })
    }
    timer = clock.schedule(LOOK_MS, look)
  }
  timer = clock.schedule(LOOK_MS, look)
  return {
    overloaded: () => late,
    stop() {
      timer.cancel()
      delay.disable()
    },
  }
}
