/** Calls its members every 20 ms without drifting: one timer for all the calls of a process. */
import type { Clock, Timer } from '../base/clock.ts'

/** Packet time of everything that the phone sends, in milliseconds. */
export const PACKET_TIME = 20
/** After a longer stall the missed frames are left out instead of being sent in a burst. */
const LONGEST_BURST = 10 * PACKET_TIME

export interface Pacer {
  /** Calls `tick` every 20 ms; returns the function that ends it. */
  add(tick: () => void): () => void
  readonly size: number
}

export function createPacer(clock: Clock): Pacer {
  const members = new Set<() => void>()
  let timer: Timer | undefined
  let due = 0

  const run = (): void => {
    const now = clock.monotonic()
    if (now - due > LONGEST_BURST) due = now
    while (due <= now) {
      for (const tick of members) tick()
      due += PACKET_TIME
    }
    timer = members.size > 0 ? clock.schedule(Math.max(0, due - now), run) : undefined
  }

  return {
    add(tick) {
      members.add(tick)
      if (timer === undefined) {
        due = clock.monotonic() + PACKET_TIME
        timer = clock.schedule(PACKET_TIME, run)
      }
      return () => {
        members.delete(tick)
        if (members.size > 0) return
        timer?.cancel()
        timer = undefined
      }
    },
    get size() {
      return members.size
    },
  }
}
