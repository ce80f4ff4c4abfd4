/** Waits for what happens next in the log, as somebody may see it. */
import type { EventBus } from '../events/bus.ts'
import type { EventLog, EventQuery, LoggedEvent } from '../events/event-log.ts'

export interface Followed {
  readonly after: number
  readonly types?: EventQuery['types']
  readonly waitMs: number
}

const MAXIMUM_WAIT_MS = 30_000
const MAXIMUM_ROWS = 1_000
/** So that a burst is read at once. */
const SETTLE_MS = 50
/** What was published is durable a moment later, of a busy disk seconds: it is looked for so often, each time after twice as long. */
const LOOKS = 7
/** For what was published before anybody listened, and is not durable yet. */
const FIRST_LOOKS = 4

/** Waits until an event after `after` is durable, or the time is over. */
export async function followLog(
  { log, bus }: { readonly log: Pick<EventLog, 'query'>; readonly bus: Pick<EventBus, 'subscribe'> },
  { after, types, waitMs }: Followed,
): Promise<readonly LoggedEvent[]> {
  const wanted = { after, limit: MAXIMUM_ROWS, ...(types === undefined ? {} : { types }) }
  const deadline = performance.now() + Math.min(Math.max(waitMs, 0), MAXIMUM_WAIT_MS)
  // Heard from the beginning: an event may come while the log is read.
  const next = listen(bus)
  try {
    for (let looks = FIRST_LOOKS, wait = SETTLE_MS; ; ) {
      if (next.take()) [looks, wait] = [LOOKS, SETTLE_MS]
      const found = await log.query(wanted)
      const left = deadline - performance.now()
      if (found.length > 0 || left <= 0) return found
      if (looks-- > 0) {
        await pause(Math.min(wait, left))
        wait *= 2
      } else await next.within(left)
    }
  } finally {
    next.stop()
  }
}

function listen(bus: Pick<EventBus, 'subscribe'>) {
  let heard = false
  let wake = (): void => undefined
  const stop = bus.subscribe(() => {
    heard = true
    wake()
  })
  return {
    stop,
    /** Whether something happened since the last time. */
    take(): boolean {
      const before = heard
      heard = false
      return before
    },
    async within(ms: number): Promise<void> {
      if (heard) return pause(Math.min(SETTLE_MS, ms))
      const { promise, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, ms)
      wake = () => void setTimeout(resolve, Math.min(SETTLE_MS, ms))
      await promise
      clearTimeout(limit)
      wake = () => undefined
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
}
