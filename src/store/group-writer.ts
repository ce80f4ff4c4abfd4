/**
 * Group commit: what is written at about the same time goes to the database as one statement, in order. Its promise is
 * kept when the statement is durable.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { messageOf, StoreError } from './errors.ts'

export interface GroupWriterOptions<T> {
  readonly clock: Clock
  /** How many items wait at most, those on their way included. */
  readonly capacity: number
  /** Items in one statement. Default 1,000. */
  readonly maximumBatch?: number
  /** Milliseconds that a patient item waits for others. */
  readonly gather: number
  /**
   * Milliseconds that an urgent item waits for others when there are many; with few it goes at once. 0: it never waits but for a batch on its
   * way. Default: `gather`.
   */
  readonly urgentGather?: number
  /** Whether the database is there; `resume` is called when it comes back, `refuseUrgent` when it goes. */
  available(): boolean
  /** Writes one batch durably. `again` is true when an earlier attempt failed and may yet have been committed. */
  write(batch: readonly T[], again: boolean): Promise<void>
}

export interface GroupWriter<T> {
  /**
   * Takes an item. A patient one waits while the database is away; an urgent one is refused then (`STORE_UNAVAILABLE`).
   * Rejects with `STORE_OVERLOADED` when the queue is full, `STORE_WRITE_REFUSED` when data of its batch was refused.
   */
  add(item: T, urgent?: boolean): Promise<void>
  readonly size: number
  resume(): void
  refuseUrgent(): void
  /** Resolves when all that was taken is written; rejects `STORE_UNAVAILABLE` if the database is away. */
  flush(): Promise<void>
  /** Refuses what still waits. */
  stop(): void
}

/** Items that go together, and so share their promises. */
interface Batch<T> {
  items: T[]
  urgentItems: Set<T> | undefined
  readonly patient: PromiseWithResolvers<void>
  readonly urgent: PromiseWithResolvers<void>
  /** It failed once; nothing may be added to it any more. */
  attempted: boolean
}

/** From so many items in the last batch on, the next urgent one waits for company. */
const BUSY = 3
/** Milliseconds that it waits for each item of the last batch. */
const PATIENCE = 3
const AWAY = 'the database is not available'

export function createGroupWriter<T>(options: GroupWriterOptions<T>): GroupWriter<T> {
  return new Writer(options)
}

class Writer<T> implements GroupWriter<T> {
  readonly #options: GroupWriterOptions<T>
  readonly #maximumBatch: number
  readonly #waiting: Batch<T>[] = []
  #size = 0
  #writing: Batch<T> | undefined
  #lastCount = 0
  #stopped = false
  #timer: Timer | undefined
  #due = 0

  constructor(options: GroupWriterOptions<T>) {
    this.#options = options
    this.#maximumBatch = options.maximumBatch ?? 1_000
  }

  get size(): number {
    return this.#size
  }

  add(item: T, urgent = false): Promise<void> {
    const refused = this.#refusal(urgent)
    if (refused !== undefined) return Promise.reject(refused)
    let batch = this.#waiting.at(-1)
    if (batch === undefined || batch.attempted || batch.items.length >= this.#maximumBatch) {
      batch = newBatch()
      this.#waiting.push(batch)
    }
    batch.items.push(item)
    this.#size++
    if (urgent) {
      batch.urgentItems ??= new Set()
      batch.urgentItems.add(item)
    }
    this.#wake(urgent)
    return urgent ? batch.urgent.promise : batch.patient.promise
  }

  resume(): void {
    this.#next()
  }

  refuseUrgent(): void {
    for (const batch of this.#waiting) this.#dropUrgent(batch)
  }

  async flush(): Promise<void> {
    for (;;) {
      this.#next()
      const batch = this.#waiting.at(-1) ?? this.#writing
      if (batch === undefined) return
      if (!this.#options.available()) {
        throw new StoreError('STORE_UNAVAILABLE', `${this.#size} writes wait for the database`)
      }
      await batch.patient.promise.catch(() => undefined)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    for (const batch of this.#waiting.splice(0))
      this.#settle(batch, new StoreError('STORE_CLOSED', 'the store is closed'))
  }

  #refusal(urgent: boolean): StoreError | undefined {
    if (this.#stopped) return new StoreError('STORE_CLOSED', 'the store is closed')
    if (urgent && !this.#options.available()) return new StoreError('STORE_UNAVAILABLE', AWAY)
    if (this.#size < this.#options.capacity) return undefined
    return new StoreError('STORE_OVERLOADED', `${this.#size} writes wait already`)
  }

  /** Sees to it that what waits is written in time. */
  #wake(urgent: boolean): void {
    const { available, clock, gather, urgentGather = gather } = this.#options
    if (this.#writing !== undefined || !available()) return
    if (this.#waiting.length > 1 || this.#waiting[0]!.items.length >= this.#maximumBatch) {
      this.#next()
      return
    }
    if (urgent && urgentGather === 0) {
      queueMicrotask(() => this.#next())
      return
    }
    // The busier it is, the longer the wait, and the fewer commits for each item.
    const delay = urgent ? (this.#lastCount < BUSY ? 0 : Math.min(urgentGather, PATIENCE * this.#lastCount)) : gather
    const wanted = clock.monotonic() + delay
    if (this.#timer !== undefined && this.#due <= wanted) return
    this.#timer?.cancel()
    this.#due = wanted
    this.#timer = clock.schedule(delay, () => this.#next())
  }

  #next(): void {
    if (this.#writing !== undefined || this.#stopped || !this.#options.available()) return
    this.#timer?.cancel()
    this.#timer = undefined
    const batch = this.#waiting.shift()
    if (batch === undefined) return
    this.#writing = batch
    this.#lastCount = batch.items.length
    void writeBatch(this.#options, batch).then(outcome => this.#written(batch, outcome))
  }

  #written(batch: Batch<T>, outcome: Outcome): void {
    this.#writing = undefined
    this.#size -= outcome.written
    if (outcome.away) this.#keep(batch)
    else this.#settle(batch, outcome.refused)
    if (this.#waiting.length > 0) this.#wake(this.#waiting[0]!.urgentItems !== undefined)
  }

  /** The database went away under it: it is the first to go when the database is back. */
  #keep(batch: Batch<T>): void {
    batch.attempted = true
    this.#dropUrgent(batch)
    if (batch.items.length > 0 && !this.#stopped) this.#waiting.unshift(batch)
    else this.#settle(batch, new StoreError('STORE_UNAVAILABLE', AWAY))
  }

  #settle(batch: Batch<T>, error: StoreError | undefined): void {
    this.#size -= batch.items.length
    for (const promise of [batch.patient, batch.urgent]) {
      if (error === undefined) promise.resolve()
      else promise.reject(error)
    }
  }

  #dropUrgent(batch: Batch<T>): void {
    const urgent = batch.urgentItems
    if (urgent === undefined) return
    const kept = batch.items.filter(item => !urgent.has(item))
    this.#size -= batch.items.length - kept.length
    batch.items = kept
    batch.urgentItems = undefined
    batch.urgent.reject(new StoreError('STORE_UNAVAILABLE', AWAY))
  }
}

function newBatch<T>(): Batch<T> {
  const patient = Promise.withResolvers<void>()
  const urgent = Promise.withResolvers<void>()
  // A caller that does not wait for its write must not end the process when that write fails.
  patient.promise.catch(() => undefined)
  urgent.promise.catch(() => undefined)
  return { items: [], urgentItems: undefined, patient, urgent, attempted: false }
}

interface Outcome {
  /** Items of a refused batch that were written by themselves before the database went away. */
  readonly written: number
  readonly away: boolean
  readonly refused: StoreError | undefined
}

/** A batch that is refused is halved until what is at fault stands alone: the rest is written. */
async function writeBatch<T>(options: GroupWriterOptions<T>, batch: Batch<T>): Promise<Outcome> {
  let refused: StoreError | undefined
  const parts = [batch.items]
  while (parts.length > 0) {
    const part = parts[0]!
    try {
      await options.write(part, batch.attempted)
      parts.shift()
    } catch (error) {
      const cause = error instanceof StoreError ? error : new StoreError('STORE_WRITE_REFUSED', messageOf(error))
      if (cause.code === 'STORE_UNAVAILABLE') {
        const before = batch.items.length
        batch.items = parts.flat()
        return { written: before - batch.items.length, away: true, refused }
      }
      refused = cause
      const middle = part.length >> 1
      parts.splice(0, 1, ...(part.length > 1 ? [part.slice(0, middle), part.slice(middle)] : []))
    }
  }
  return { written: 0, away: false, refused }
}
