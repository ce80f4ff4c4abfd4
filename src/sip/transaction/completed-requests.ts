/**
 * Answered non-INVITE requests over UDP, until Timer J (RFC 3261 §17.2.2): nothing is kept but the answer. All stay equally
 * long, so they form a queue; when it is full the oldest is forgotten early.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Flow } from '../transport/types.ts'

export interface CompletedRequest {
  readonly key: string
  readonly mergedKey: string | undefined
  readonly flow: Flow
  readonly response: Uint8Array
  readonly due: number
  next: CompletedRequest | undefined
}

/** Expired entries are not found any more at once, and freed within this time. Milliseconds. */
const SWEEP = 1_000

export class CompletedRequests {
  readonly #clock: Clock
  readonly #duration: number
  readonly #capacity: number
  readonly #forgotten: (request: CompletedRequest) => void
  readonly #byKey = new Map<string, CompletedRequest>()
  #first: CompletedRequest | undefined
  #last: CompletedRequest | undefined
  #sweep: Timer | undefined
  #closed = false

  /** `duration`: Timer J in milliseconds. `forgotten` is called for each entry that leaves. */
  constructor(clock: Clock, duration: number, capacity: number, forgotten: (request: CompletedRequest) => void) {
    this.#clock = clock
    this.#duration = duration
    this.#capacity = capacity
    this.#forgotten = forgotten
  }

  get size(): number {
    return this.#byKey.size
  }

  find(key: string): CompletedRequest | undefined {
    const found = this.#byKey.get(key)
    return found === undefined || found.due > this.#clock.monotonic() ? found : undefined
  }

  add(key: string, mergedKey: string | undefined, flow: Flow, response: Uint8Array): void {
    if (this.#closed) return
    if (this.#byKey.size >= this.#capacity) this.#shift()
    const due = this.#clock.monotonic() + this.#duration
    const entry: CompletedRequest = { key, mergedKey, flow, response, due, next: undefined }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#byKey.set(key, entry)
    this.#sweep ??= this.#clock.schedule(this.#duration, this.#expire)
  }

  /** Forgets everything, and keeps nothing any more. */
  close(): void {
    this.#closed = true
    this.#sweep?.cancel()
    this.#sweep = undefined
    this.#byKey.clear()
    this.#first = undefined
    this.#last = undefined
  }

  #shift(): void {
    const entry = this.#first
    if (entry === undefined) return
    this.#first = entry.next
    if (this.#first === undefined) this.#last = undefined
    // An expired entry's key may have been taken by a later request.
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key)
    this.#forgotten(entry)
  }

  readonly #expire = (): void => {
    const now = this.#clock.monotonic()
    while (this.#first !== undefined && this.#first.due <= now) this.#shift()
    this.#sweep = this.#first === undefined ? undefined : this.#clock.schedule(SWEEP, this.#expire)
  }
}
