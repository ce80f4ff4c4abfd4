/** Time as a value that is handed in: what happens now, and what happens later. */

/** A pending call; `cancel` is idempotent. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump. */
  now(): number
  /** Milliseconds that only ever grow, for durations. */
  monotonic(): number
  /** Calls `run` once, `delay` milliseconds from now. A pending timer does not keep the process alive. */
  schedule(delay: number, run: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delay, run) {
    const handle = setTimeout(run, delay)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

interface PendingCall {
  readonly due: number
  readonly order: number
  readonly run: () => void
}

/** A clock for tests and simulation: time passes only in `advance`. */
export class ManualClock implements Clock {
  #now: number
  #wallOffset = 0
  #order = 0
  readonly #pending = new Set<PendingCall>()

  constructor(start = 1_700_000_000_000) {
    this.#now = start
  }

  now(): number {
    return this.#now + this.#wallOffset
  }

  monotonic(): number {
    return this.#now
  }

  /** Sets the wall clock forward, or back with a negative number, as an operator or NTP does: no time passes. */
  jump(milliseconds: number): void {
    this.#wallOffset += milliseconds
  }

  /** How many timers wait: a test that ends with a number above zero has found a leak. */
  get pendingCount(): number {
    return this.#pending.size
  }

  schedule(delay: number, run: () => void): Timer {
    const call: PendingCall = { due: this.#now + Math.max(0, delay), order: this.#order++, run }
    this.#pending.add(call)
    return { cancel: () => void this.#pending.delete(call) }
  }

  /** Moves time forward by `milliseconds`, running what falls due in order of time, then of scheduling. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      let next: PendingCall | undefined
      for (const call of this.#pending) {
        if (call.due > end) continue
        if (next === undefined || call.due < next.due || (call.due === next.due && call.order < next.order)) next = call
      }
      if (next === undefined) break
      this.#pending.delete(next)
      this.#now = next.due
      next.run()
    }
    this.#now = end
  }
}
