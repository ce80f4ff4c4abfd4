/**
 * Serves native sockets in a thread that has an event loop too. What the event loop has goes first: a message that says what to
 * do with packets was there before them. Neither can keep the other waiting for long.
 */
import type { Clock } from '../../base/clock.ts'
import type { NativeSockets } from './native-sockets.ts'

/** How long a wait for packets may hold up timers. Messages end it. */
const WAIT_MS = 20
/** How long packets may hold up timers while there are ever more of them. */
const TURN_MS = 5
/** How often in a row the event loop may go before packets that wait. */
const MAXIMUM_YIELDS = 8

export interface SocketLoop {
  stop(): void
}

export function serveSockets(sockets: NativeSockets, clock: Clock): SocketLoop {
  let yields = 0
  const turn = (): void => {
    next = setImmediate(turn)
    const until = clock.monotonic() + TURN_MS
    for (;;) {
      const polled = sockets.poll(WAIT_MS, yields < MAXIMUM_YIELDS)
      yields = polled === 'yielded' ? yields + 1 : 0
      if (polled !== 'datagrams' || clock.monotonic() >= until) return
    }
  }
  let next = setImmediate(turn)
  return {
    stop() {
      clearImmediate(next)
    },
  }
}
