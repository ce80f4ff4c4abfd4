/** Which source addresses carry registrations now, and which did within the last 24 hours. */
import { BoundedMap } from '../base/bounded.ts'
import { sourceKey } from '../base/network.ts'

const REMEMBERED = 24 * 3600_000
/** Milliseconds within which a source counts as just used. */
const FRESH = 60_000

interface SourceState {
  live: number
  lastAt: number
}

/** Addresses are counted as `sourceKey` does: IPv6 by /64. */
export class SourceIndex {
  readonly #sources: BoundedMap<string, SourceState>

  constructor(capacity: number) {
    this.#sources = new BoundedMap(capacity)
  }

  /** A live binding came to be at this address. */
  add(address: string, now: number): void {
    const key = sourceKey(address)
    const state = this.#sources.touch(key)
    if (state === undefined) this.#sources.set(key, { live: 1, lastAt: now })
    else {
      state.live++
      state.lastAt = now
    }
  }

  /** A live binding at this address was registered again. */
  refresh(address: string, now: number): void {
    const key = sourceKey(address)
    const state = this.#sources.get(key)
    if (state === undefined) return
    // Who was here a moment ago makes room for nobody yet.
    if (now - state.lastAt > FRESH) this.#sources.touch(key)
    state.lastAt = now
  }

  /** A live binding at this address is gone. */
  remove(address: string, now: number): void {
    const state = this.#sources.get(sourceKey(address))
    if (state === undefined) return
    state.live = Math.max(0, state.live - 1)
    state.lastAt = now
  }

  /** A registration known from before a restart, whose flow is dead. */
  remember(address: string, at: number): void {
    const key = sourceKey(address)
    const state = this.#sources.get(key)
    if (state === undefined) this.#sources.set(key, { live: 0, lastAt: at })
    else state.lastAt = Math.max(state.lastAt, at)
  }

  isLive(address: string): boolean {
    return (this.#sources.get(sourceKey(address))?.live ?? 0) > 0
  }

  /** Addresses (IPv6: /64s) with a live binding. */
  live(): readonly string[] {
    return [...this.#sources.entries()].filter(([, { live }]) => live > 0).map(([key]) => key)
  }

  wasLive(address: string, now: number): boolean {
    const state = this.#sources.get(sourceKey(address))
    return state !== undefined && (state.live > 0 || now - state.lastAt <= REMEMBERED)
  }
}
