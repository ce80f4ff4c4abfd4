/** Time that passes only when it is told to, for days at once: a heap of what is due. */
import type { Clock, Timer } from '../../../src/base/clock.ts'

interface Entry {
  readonly due: number
  readonly order: number
  /** Undefined once it ran or was cancelled: nothing that it held is kept until its time. */
  run: (() => void) | undefined
}

export class VirtualClock implements Clock {
  readonly #start: number
  #passed = 0
  #order = 0
  #pending = 0
  readonly #heap: Entry[] = []

  constructor(start = 1_700_000_000_000) {
    this.#start = start
  }

  now(): number {
    return this.#start + this.#passed
  }

  monotonic(): number {
    return this.#passed
  }

  /** Timers that wait. */
  get pendingCount(): number {
    return this.#pending
  }

  schedule(delay: number, run: () => void): Timer {
    const entry: Entry = { due: this.#passed + Math.max(0, delay), order: this.#order++, run }
    this.#pending++
    this.#push(entry)
    return {
      cancel: () => {
        if (entry.run === undefined) return
        entry.run = undefined
        this.#pending--
      },
    }
  }

  /** Runs the next timer, if one is due until `limit` (milliseconds since the start); else time is `limit`, and the answer false. */
  step(limit: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.due > limit) {
        this.#passed = Math.max(this.#passed, limit)
        return false
      }
      this.#pop()
      const { run } = next
      if (run === undefined) continue
      next.run = undefined
      this.#pending--
      this.#passed = next.due
      run()
      return true
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!earlier(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && earlier(heap[child + 1]!, heap[child]!)) child++
      if (!earlier(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function earlier(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}
