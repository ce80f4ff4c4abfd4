/**
 * The end of the log, read once for all exports: those that keep up read it from memory, one that is behind reads the log
 * itself. What is in memory is bounded by number and size.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { EventLog, LoggedEvent } from '../events/event-log.ts'

export interface TailItem extends LoggedEvent {
  /** Octets, about. */
  readonly weight: number
}

export interface TailRead {
  readonly items: readonly TailItem[]
  /** The log has nothing more up to here. */
  readonly position: number
  /** Positions that the log has no more: it was not kept so long. */
  readonly lost: number
}

export interface Tail {
  /** Newest position that is in memory. */
  readonly head: number
  /** Newest position that the log is known to have: also while nobody reads, because every destination is away. */
  readonly newest: number
  start(): Promise<void>
  /** Something was published: it will be in the log in a moment. Cheap. */
  wake(id: string): void
  /** Rejects while the database is away. */
  read(after: number, limit: number): Promise<TailRead>
  /** Resolves when there is something after `after`, or after so many milliseconds. */
  more(after: number, limitMs: number): Promise<void>
  /** Lets everybody who waits go. */
  stop(): void
}

export interface TailOptions {
  readonly log: Pick<EventLog, 'query'>
  readonly clock: Clock
  /** Events kept in memory. Default 20,000. */
  readonly capacity?: number
  /** Octets kept in memory. Default 32 MiB. */
  readonly octets?: number
}

/** Milliseconds between two looks after something was published, and how long that is done. */
const SOON = 50
const WATCH = 2_000
/** Milliseconds between two looks otherwise: another node writes too. */
const SELDOM = 1_000
const READ = 1_000

export function createTail({ log, clock, capacity = 20_000, octets = 33_554_432 }: TailOptions): Tail {
  let kept: TailItem[] = []
  let weight = 0
  let head = 0
  let awaited: string | undefined
  let watchUntil = 0
  let timer: Timer | undefined
  let timerIsSoon = false
  let reading = false
  let stopped = false
  let newest = 0
  let peeking: Timer | undefined
  const waiting = new Set<() => void>()

  function keep(items: readonly TailItem[]): void {
    for (const item of items) {
      kept.push(item)
      weight += item.weight
      head = item.position
      if (item.event.id === awaited) awaited = undefined
    }
    let gone = Math.max(0, kept.length - capacity)
    for (let index = 0; index < gone; index++) weight -= kept[index]!.weight
    while (weight > octets && gone < kept.length) weight -= kept[gone++]!.weight
    if (gone > 0) kept = kept.slice(gone)
  }

  async function look(): Promise<void> {
    if (reading || stopped) return
    reading = true
    try {
      for (;;) {
        const found = await log.query({ after: head, limit: READ })
        if (found.length === 0) break
        keep(found.map(weighed))
        release()
        if (found.length < READ) break
      }
    } catch {
      // The database is away: another look finds it back.
    } finally {
      reading = false
      plan()
    }
  }

  /** Only while somebody waits: nobody who is behind needs the end of the log. */
  function plan(): void {
    if (stopped || reading || waiting.size === 0) return
    const isSoon = awaited !== undefined && clock.monotonic() < watchUntil
    if (timer !== undefined && (timerIsSoon || !isSoon)) return
    timer?.cancel()
    timerIsSoon = isSoon
    timer = clock.schedule(isSoon ? SOON : SELDOM, () => {
      timer = undefined
      void look()
    })
  }

  /** What waits is told of, though nobody is there to take it. */
  function peek(): void {
    if (stopped || peeking !== undefined || waiting.size > 0) return
    peeking = clock.schedule(SELDOM, () => {
      log
        .query({ limit: 1 })
        .then(([last]) => {
          newest = Math.max(newest, last?.position ?? 0)
        })
        .catch(() => undefined)
        .finally(() => {
          peeking = undefined
        })
    })
  }

  function release(): void {
    for (const go of waiting) go()
  }

  return {
    get head() {
      return head
    },
    get newest() {
      return Math.max(head, newest)
    },
    async start() {
      const [newest] = await log.query({ limit: 1 })
      head = newest?.position ?? 0
    },
    wake(id) {
      awaited = id
      watchUntil = clock.monotonic() + WATCH
      if (timer === undefined || !timerIsSoon) plan()
      peek()
    },
    async read(after, limit) {
      const first = kept[0]?.position
      if (first !== undefined && after + 1 >= first && after <= head) {
        const items = kept.slice(after + 1 - first, after + 1 - first + limit)
        // Holes are where the log has some: then positions are no indices.
        if (items.every((item, index) => item.position === after + 1 + index)) {
          return { items, position: items.at(-1)?.position ?? after, lost: 0 }
        }
      }
      const found = (await log.query({ after, limit })).map(weighed)
      const last = found.at(-1)?.position ?? after
      const lost = found.length === 0 ? 0 : last - after - found.length
      return { items: found, position: last, lost }
    },
    more(after, limitMs) {
      if (stopped || head > after) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      const limit = clock.schedule(limitMs, go)
      function go(): void {
        limit.cancel()
        waiting.delete(go)
        resolve()
      }
      waiting.add(go)
      plan()
      return promise
    },
    stop() {
      stopped = true
      timer?.cancel()
      peeking?.cancel()
      release()
    },
  }
}

function weighed(logged: LoggedEvent): TailItem {
  return { ...logged, weight: 200 + weightOf(logged.event.data, 0) }
}

function weightOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length * 2
  if (typeof value !== 'object' || value === null || depth > 6) return 8
  let sum = 16
  for (const [name, each] of Object.entries(value)) sum += name.length + weightOf(each, depth + 1)
  return sum
}
