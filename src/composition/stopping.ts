/** How a server stops: at once, or after its calls have had time to end. */
import type { Clock, Timer } from '../base/clock.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { CallService } from '../call/call-service.ts'

export interface Draining {
  /** When the first one asked for it. Milliseconds since the epoch. */
  readonly since: number
  /** When the calls that are still up are ended. */
  readonly endsAt: number
}

export interface Stopping {
  /** Undefined while new calls are taken. */
  readonly draining: Draining | undefined
  /**
   * New calls are refused from now on; stops when the last one has ended, after `limitMs` at most. Once more: with another
   * limit. Resolves when everything has stopped.
   */
  drain(limitMs: number): Promise<void>
  /** Ends the live calls, too. Idempotent. */
  stop(): Promise<void>
  /** Resolves when everything has stopped. */
  readonly stopped: Promise<void>
}

export interface StoppingOptions {
  readonly clock: Clock
  readonly events: EventPublisher
  readonly calls: Pick<CallService, 'drain' | 'liveCount'>
  /** Closes everything; is called once. */
  close(): Promise<void>
}

export function createStopping({ clock, events, calls, close }: StoppingOptions): Stopping {
  const stopped = Promise.withResolvers<void>()
  let draining: Draining | undefined
  let limit: Timer | undefined
  let stopping = false
  const stop = (reason: string): Promise<void> => {
    limit?.cancel()
    if (!stopping) {
      stopping = true
      events.publish('system.stopped', { reason, liveCalls: calls.liveCount })
      close().then(stopped.resolve, stopped.reject)
    }
    return stopped.promise
  }
  return {
    get draining() {
      return draining
    },
    drain(limitMs) {
      if (stopping) return stopped.promise
      const now = clock.now()
      const first = draining === undefined
      draining = { since: draining?.since ?? now, endsAt: now + limitMs }
      events.publish('system.draining', { liveCalls: calls.liveCount, endsAt: draining.endsAt })
      limit?.cancel()
      limit = clock.schedule(limitMs, () => void stop('the time to drain was over'))
      if (first) void calls.drain().then(() => stop('drained'))
      return stopped.promise
    },
    stop: () => stop('stopped'),
    stopped: stopped.promise,
  }
}
