/**
 * The timers of all transactions on one timer of the clock. Transactions use a handful of durations, and among timers of
 * one duration the first to start is the first to fire: so each duration has a linked list in order, starting and
 * stopping cost a few assignments, and only the heads are compared.
 */
import type { Clock, Timer } from '../../base/clock.ts'

export interface TimerOwner<Name extends string> {
  onTimer(name: Name): void
}

interface Entry<Name extends string> {
  readonly name: Name
  readonly due: number
  owner: TimerOwner<Name> | undefined
  list: List<Name> | undefined
  previous: Entry<Name> | undefined
  next: Entry<Name> | undefined
}

interface List<Name extends string> {
  readonly duration: number
  first: Entry<Name> | undefined
  last: Entry<Name> | undefined
}

/** A running timer; hand it to `stop`. */
export type RunningTimer<Name extends string> = Entry<Name>

export class TimerLists<Name extends string> {
  readonly #clock: Clock
  readonly #lists: List<Name>[] = []
  #size = 0
  #armed: Timer | undefined
  #armedFor = Number.POSITIVE_INFINITY
  #firing = false
  #closed = false
  readonly #onError: (error: unknown) => void

  /** `onError`: what an owner threw; the other timers go on. */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  /** Timers that run. Bounded by the transactions that own them. */
  get size(): number {
    return this.#size
  }

  /** Calls `owner.onTimer(name)` once, `duration` milliseconds from now. */
  start(duration: number, owner: TimerOwner<Name>, name: Name): RunningTimer<Name> {
    const due = this.#clock.monotonic() + duration
    if (this.#closed) {
      return { name, due, owner: undefined, list: undefined, previous: undefined, next: undefined }
    }
    const list = this.#list(duration)
    const previous = list.last
    const entry: Entry<Name> = { name, due, owner, list, previous, next: undefined }
    if (previous === undefined) list.first = entry
    else previous.next = entry
    list.last = entry
    this.#size++
    if (entry.due < this.#armedFor && !this.#firing) this.#arm(entry.due)
    return entry
  }

  /** Idempotent; a timer that fired is stopped. */
  stop(timer: RunningTimer<Name>): void {
    this.#unlink(timer)
    if (this.#size === 0 && !this.#firing) this.#disarm()
  }

  /** Forgets all timers without firing them; what is started afterwards never fires. */
  close(): void {
    this.#closed = true
    for (const list of this.#lists) while (list.first !== undefined) this.#unlink(list.first)
    this.#disarm()
  }

  /** At most as many lists as the timer values have different durations, doubled intervals included. */
  #list(duration: number): List<Name> {
    for (const list of this.#lists) if (list.duration === duration) return list
    const list: List<Name> = { duration, first: undefined, last: undefined }
    this.#lists.push(list)
    return list
  }

  #unlink(entry: Entry<Name>): void {
    const list = entry.list
    if (list === undefined) return
    if (entry.previous === undefined) list.first = entry.next
    else entry.previous.next = entry.next
    if (entry.next === undefined) list.last = entry.previous
    else entry.next.previous = entry.previous
    entry.list = undefined
    entry.owner = undefined
    entry.previous = undefined
    entry.next = undefined
    this.#size--
  }

  #earliest(): Entry<Name> | undefined {
    let earliest: Entry<Name> | undefined
    for (const { first } of this.#lists) {
      if (first !== undefined && (earliest === undefined || first.due < earliest.due)) earliest = first
    }
    return earliest
  }

  #arm(due: number): void {
    this.#armed?.cancel()
    this.#armedFor = due
    // Whole milliseconds, rounded up: a timer that wakes a fraction early would only have to wait again.
    this.#armed = this.#clock.schedule(Math.max(0, Math.ceil(due - this.#clock.monotonic())), this.#fire)
  }

  #disarm(): void {
    this.#armed?.cancel()
    this.#armed = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
  }

  #call(owner: TimerOwner<Name> | undefined, name: Name): void {
    try {
      owner?.onTimer(name)
    } catch (error) {
      this.#onError(error)
    }
  }

  readonly #fire = (): void => {
    const now = this.#clock.monotonic()
    this.#firing = true
    try {
      for (let entry = this.#earliest(); entry !== undefined && entry.due <= now; entry = this.#earliest()) {
        const { owner, name } = entry
        this.#unlink(entry)
        this.#call(owner, name)
      }
    } finally {
      this.#firing = false
      const next = this.#earliest()
      if (next === undefined) this.#disarm()
      else this.#arm(next.due)
    }
  }
}
