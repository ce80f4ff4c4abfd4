/**
 * Write-behind for bindings: the newest state of each, in groups; an answer never waits for the store. What is new or gone is
 * written at once; a refresh, which only moves the expiry, at leisure: a crash then forgets at most the last `REFRESH_MS` of it.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Entry } from './binding-table.ts'
import type { Binding, BindingRepository } from './types.ts'

const GROUP = 500
const GATHER_MS = 250
const RETRY_MS = 1_000
/** How long a refresh may wait. */
const REFRESH_MS = 10_000

/** The identity by which the repository upserts and removes. */
export function storageKey(binding: Binding): string {
  return `${binding.deviceId}\n${binding.contact}\n${binding.instanceId ?? ''}\n${binding.regId ?? ''}`
}

interface Change {
  readonly binding: Binding
  readonly kept: boolean
  /** The store has no row of it yet: when it goes before it was written, there is nothing to write. */
  readonly fresh: boolean
}

/**
 * Changes of one binding that were not written yet are one change. So at most `capacity` wait; beyond that the oldest waiting
 * one is given up, and its binding is written again with its next refresh.
 */
export class BindingWriter {
  readonly #clock: Clock
  readonly #repository: BindingRepository
  readonly #capacity: number
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Map<string, Change>()
  /** Entries of the table, so never more than it holds, and those that left it within `REFRESH_MS`. */
  readonly #refreshed = new Set<Entry>()
  #timer: Timer | undefined
  #refreshTimer: Timer | undefined
  #writing: Promise<void> | undefined

  constructor(clock: Clock, repository: BindingRepository, capacity: number, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#repository = repository
    this.#capacity = capacity
    this.#onError = onError
  }

  get size(): number {
    return this.#waiting.size
  }

  /** `fresh`: the store does not know it yet. */
  save(binding: Binding, fresh = false): void {
    const known = fresh && this.#waiting.has(storageKey(binding))
    this.#add({ binding, kept: true, fresh: fresh && !known })
  }

  remove(binding: Binding): void {
    const key = storageKey(binding)
    if (this.#waiting.get(key)?.fresh === true) this.#waiting.delete(key)
    else this.#add({ binding, kept: false, fresh: false })
  }

  /** The entry's binding differs from the one before in nothing that calls ask for. */
  refresh(entry: Entry): void {
    if (this.#refreshed.size >= this.#capacity) return
    this.#refreshed.add(entry)
    this.#refreshTimer ??= this.#clock.schedule(REFRESH_MS, () => {
      this.#refreshTimer = undefined
      this.#takeRefreshed()
      void this.#write()
    })
  }

  #takeRefreshed(): void {
    for (const entry of this.#refreshed) {
      if (entry.removed) continue
      const key = storageKey(entry.binding)
      const waiting = this.#waiting.get(key)
      if (waiting === undefined || waiting.kept) {
        this.#waiting.set(key, { binding: entry.binding, kept: true, fresh: waiting?.fresh ?? false })
      }
    }
    this.#refreshed.clear()
  }

  #add(change: Change): void {
    const key = storageKey(change.binding)
    this.#waiting.delete(key)
    if (this.#waiting.size >= this.#capacity) this.#waiting.delete(this.#waiting.keys().next().value!)
    this.#waiting.set(key, change)
    if (this.#writing !== undefined) return
    if (this.#waiting.size >= GROUP) void this.#write()
    else this.#timer ??= this.#clock.schedule(GATHER_MS, () => void this.#write())
  }

  /** Writes what waits; resolves when it is durable or the store failed once more. */
  async flush(): Promise<void> {
    await this.#writing
    this.#takeRefreshed()
    await this.#write()
  }

  #write(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#writing ??= this.#writeGroups().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeGroups(): Promise<void> {
    while (this.#waiting.size > 0) {
      const group: [string, Change][] = []
      for (const entry of this.#waiting) {
        group.push(entry)
        if (group.length === GROUP) break
      }
      for (const [key] of group) this.#waiting.delete(key)
      const changes = group.map(([, change]) => change)
      try {
        const kept = changes.filter(change => change.kept)
        const gone = changes.filter(change => !change.kept)
        if (gone.length > 0) await this.#repository.remove(gone.map(change => change.binding))
        if (kept.length > 0) await this.#repository.save(kept.map(change => change.binding))
      } catch (error) {
        this.#onError(error)
        // Whatever changed meanwhile is newer.
        // It may have been written all the same.
        for (const [key, change] of group) {
          if (!this.#waiting.has(key)) this.#waiting.set(key, { ...change, fresh: false })
        }
        while (this.#waiting.size > this.#capacity) this.#waiting.delete(this.#waiting.keys().next().value!)
        this.#timer ??= this.#clock.schedule(RETRY_MS, () => void this.#write())
        return
      }
    }
  }

  /** Forgets the timer; what waits stays unwritten unless `flush` was called before. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#refreshTimer?.cancel()
    this.#refreshTimer = undefined
  }
}
