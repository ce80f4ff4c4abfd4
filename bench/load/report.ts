/** What a generator tells, whatever its load was. */
export interface LoadReport {
  /** Operations that came to their good end. */
  readonly done: number
  readonly failed: number
  /** Requests that had to be sent again, because no answer came in 500 ms. */
  readonly retransmitted: number
  readonly wallSeconds: number
  /** Milliseconds from the first request to the answer that the operation is about. */
  readonly median: number
  readonly p99: number
  /** The generator's own CPU in milliseconds for each operation. */
  readonly generatorMs: number
  /** By how many milliseconds the generator was behind its own clock, at worst. */
  readonly behindMs: number
  /** Why operations failed, and how often. */
  readonly failures: Readonly<Record<string, number>>
}

const KINDS_OF_FAILURE = 20

export class Tally {
  #done = 0
  #failed = 0
  retransmitted = 0
  behindMs = 0
  /** Hears of each end: an empty text is a good one. */
  onEnd: ((why: string) => void) | undefined
  readonly #latencies: number[] = []
  readonly #failures = new Map<string, number>()
  readonly #cpu = process.cpuUsage()
  readonly #began = performance.now()

  get finished(): number {
    return this.#done + this.#failed
  }

  /** What the operation is about has come. */
  measured(latency: number): void {
    this.#latencies.push(latency)
  }

  succeed(): void {
    this.#done++
    this.onEnd?.('')
  }

  fail(why: string): void {
    this.#failed++
    this.onEnd?.(why)
    if (this.#failures.size >= KINDS_OF_FAILURE && !this.#failures.has(why)) return
    this.#failures.set(why, (this.#failures.get(why) ?? 0) + 1)
  }

  report(): LoadReport {
    const { user, system } = process.cpuUsage(this.#cpu)
    const sorted = this.#latencies.toSorted((x, y) => x - y)
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
    return {
      done: this.#done,
      failed: this.#failed,
      retransmitted: this.retransmitted,
      wallSeconds: (performance.now() - this.#began) / 1000,
      median: at(0.5),
      p99: at(0.99),
      generatorMs: (user + system) / 1000 / Math.max(1, this.#done),
      behindMs: this.behindMs,
      failures: Object.fromEntries(this.#failures),
    }
  }
}
