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
  /** Milliseconds that an urgent item waits for others when there are many; with few it goes at once. Default: `gather`. */
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
const AWAY = 'the database is not available'

export function createGroupWriter<T>(options: GroupWriterOptions<T>): GroupWriter<T> {
  const { clock, gather } = options
  const maximumBatch = options.maximumBatch ?? 1_000
  const waiting: Batch<T>[] = []
  let size = 0
  let writing: Batch<T> | undefined
  let lastCount = 0
  let stopped = false
  let timer: Timer | undefined
  let due = 0

  const settle = (batch: Batch<T>, error: StoreError | undefined): void => {
    size -= batch.items.length
    for (const promise of [batch.patient, batch.urgent]) {
      if (error === undefined) promise.resolve()
      else promise.reject(error)
    }
  }
  const dropUrgent = (batch: Batch<T>): void => {
    const urgent = batch.urgentItems
    if (urgent === undefined) return
    const kept = batch.items.filter(item => !urgent.has(item))
    size -= batch.items.length - kept.length
    batch.items = kept
    batch.urgentItems = undefined
    batch.urgent.reject(new StoreError('STORE_UNAVAILABLE', AWAY))
  }
  const next = (): void => {
    timer?.cancel()
    timer = undefined
    if (writing !== undefined || stopped || !options.available()) return
    const batch = waiting.shift()
    if (batch === undefined) return
    writing = batch
    lastCount = batch.items.length
    void writeBatch(options, batch).then(outcome => {
      writing = undefined
      size -= outcome.written
      if (!outcome.away) settle(batch, outcome.refused)
      else {
        batch.attempted = true
        dropUrgent(batch)
        if (batch.items.length > 0 && !stopped) waiting.unshift(batch)
        else settle(batch, new StoreError('STORE_UNAVAILABLE', AWAY))
      }
      if (waiting.length > 0) wake(waiting[0]!.urgentItems !== undefined)
    })
  }
  const wake = (urgent: boolean): void => {
    if (writing !== undefined || !options.available()) return
    if (waiting.length > 1 || waiting[0]!.items.length >= maximumBatch) {
      next()
      return
    }
    const delay = urgent ? (lastCount < BUSY ? 0 : (options.urgentGather ?? gather)) : gather
    const wanted = clock.monotonic() + delay
    if (timer !== undefined && due <= wanted) return
    timer?.cancel()
    due = wanted
    timer = clock.schedule(delay, next)
  }
  const refusal = (urgent: boolean): StoreError | undefined => {
    if (stopped) return new StoreError('STORE_CLOSED', 'the store is closed')
    if (urgent && !options.available()) return new StoreError('STORE_UNAVAILABLE', AWAY)
    return size < options.capacity ? undefined : new StoreError('STORE_OVERLOADED', `${size} writes wait already`)
  }
  return {
    get size() {
      return size
    },
    add(item, urgent = false) {
      const refused = refusal(urgent)
      if (refused !== undefined) return Promise.reject(refused)
      let batch = waiting.at(-1)
      if (batch === undefined || batch.attempted || batch.items.length >= maximumBatch) {
        batch = newBatch()
        waiting.push(batch)
      }
      batch.items.push(item)
      size++
      if (urgent) {
        batch.urgentItems ??= new Set()
        batch.urgentItems.add(item)
      }
      wake(urgent)
      return urgent ? batch.urgent.promise : batch.patient.promise
    },
    resume: next,
    refuseUrgent() {
      for (const batch of waiting) dropUrgent(batch)
    },
    async flush() {
      for (;;) {
        next()
        const batch = waiting.at(-1) ?? writing
        if (batch === undefined) return
        if (!options.available()) throw new StoreError('STORE_UNAVAILABLE', `${size} writes wait for the database`)
        await batch.patient.promise.catch(() => undefined)
      }
    },
    stop() {
      stopped = true
      timer?.cancel()
      for (const batch of waiting.splice(0)) settle(batch, new StoreError('STORE_CLOSED', 'the store is closed'))
    },
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
