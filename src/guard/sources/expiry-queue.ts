/** What ends next: a heap by time, in which what was prolonged or taken away stays until its old time and is then passed over. */

interface Waiting<T> {
  readonly at: number
  readonly item: T
}

export class ExpiryQueue<T> {
  #heap: Waiting<T>[] = []
  readonly #isCurrent: (item: T, at: number) => boolean
  /** Asked for each packet: a number in an array is read without making an object of it. */
  readonly #next = new Float64Array([Number.POSITIVE_INFINITY])

  /** `isCurrent`: it is still held, and ends then. */
  constructor(isCurrent: (item: T, at: number) => boolean) {
    this.#isCurrent = isCurrent
  }

  get size(): number {
    return this.#heap.length
  }

  /** Milliseconds since the epoch; infinite when nothing ends. */
  get next(): number {
    return this.#next[0]!
  }

  push(item: T, at: number): void {
    this.#heap.push({ at, item })
    let child = this.#heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (this.#heap[parent]!.at <= at) break
      this.#swap(child, parent)
      child = parent
    }
    this.#note()
  }

  /** One that ended by now, or undefined. */
  take(now: number): T | undefined {
    while (this.next <= now) {
      const { at, item } = this.#heap[0]!
      const last = this.#heap.pop()!
      if (this.#heap.length > 0) this.#sink(last)
      this.#note()
      if (this.#isCurrent(item, at)) return item
    }
    return undefined
  }

  /** Forgets what is passed over anyway. */
  compact(): void {
    const current = this.#heap.filter(({ item, at }) => this.#isCurrent(item, at))
    // Sorted is a heap.
    this.#heap = current.sort((a, b) => a.at - b.at)
    this.#note()
  }

  #note(): void {
    this.#next[0] = this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  #sink(last: Waiting<T>): void {
    this.#heap[0] = last
    let parent = 0
    for (;;) {
      let least = parent
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#heap.length && this.#heap[child]!.at < this.#heap[least]!.at) least = child
      }
      if (least === parent) return
      this.#swap(least, parent)
      parent = least
    }
  }

  #swap(a: number, b: number): void {
    const moved = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = moved
  }
}
