/** All bindings in memory, by device, by flow and by the second in which they expire. Times here are the monotonic clock's. */
import type { DeviceId } from '../base/ids.ts'
import { SourceIndex } from './source-index.ts'
import type { Binding } from './types.ts'

/** A place in the table; `binding` is replaced by each refresh. */
export interface Entry {
  binding: Binding
  /** Monotonic milliseconds: a wall clock that jumps expires nothing. */
  deadline: number
  /** False for a binding from before a restart: its flow is gone. */
  live: boolean
  removed: boolean
  /** The second in which the sweep looks at it next. */
  due: number
}

const NONE: readonly Entry[] = []
const NOBODY: ReadonlySet<Entry> = new Set()

export class BindingTable {
  readonly sources: SourceIndex
  readonly #byDevice = new Map<DeviceId, Entry[]>()
  readonly #byFlow = new Map<string, Set<Entry>>()
  readonly #bySecond = new Map<number, Set<Entry>>()
  #sweptSecond: number
  #count = 0

  constructor(maximumSources: number, now: number) {
    this.sources = new SourceIndex(maximumSources)
    this.#sweptSecond = Math.floor(now / 1000) - 1
  }

  get count(): number {
    return this.#count
  }

  ofDevice(deviceId: DeviceId): readonly Entry[] {
    return this.#byDevice.get(deviceId) ?? NONE
  }

  ofFlow(flowId: string): ReadonlySet<Entry> {
    return this.#byFlow.get(flowId) ?? NOBODY
  }

  add(binding: Binding, deadline: number, now: number): Entry {
    const entry: Entry = { binding, deadline, live: true, removed: false, due: Number.POSITIVE_INFINITY }
    this.#place(entry)
    this.#enterFlow(entry, now)
    return entry
  }

  /** A binding from before a restart; `registered` is when, in monotonic milliseconds. */
  addDead(binding: Binding, deadline: number, registered: number): void {
    this.#place({ binding, deadline, live: false, removed: false, due: Number.POSITIVE_INFINITY })
    this.sources.remember(binding.sourceAddress, registered)
  }

  #place(entry: Entry): void {
    const entries = this.#byDevice.get(entry.binding.deviceId)
    if (entries === undefined) this.#byDevice.set(entry.binding.deviceId, [entry])
    else entries.push(entry)
    this.#count++
    this.#scheduleSweep(entry)
  }

  replace(entry: Entry, binding: Binding, deadline: number, now: number): void {
    const before = entry.binding
    if (entry.live && before.flowId === binding.flowId && before.sourceAddress === binding.sourceAddress) {
      entry.binding = binding
      this.sources.refresh(binding.sourceAddress, now)
    } else {
      if (entry.live) this.#leaveFlow(entry, now)
      entry.binding = binding
      entry.live = true
      this.#enterFlow(entry, now)
    }
    entry.deadline = deadline
    this.#scheduleSweep(entry)
  }

  remove(entry: Entry, now: number): void {
    if (entry.removed) return
    entry.removed = true
    this.#count--
    const entries = this.#byDevice.get(entry.binding.deviceId)!
    if (entries.length === 1) this.#byDevice.delete(entry.binding.deviceId)
    else entries.splice(entries.indexOf(entry), 1)
    if (entry.live) this.#leaveFlow(entry, now)
    this.#leaveSweep(entry)
  }

  #enterFlow(entry: Entry, now: number): void {
    const entries = this.#byFlow.get(entry.binding.flowId)
    if (entries === undefined) this.#byFlow.set(entry.binding.flowId, new Set([entry]))
    else entries.add(entry)
    this.sources.add(entry.binding.sourceAddress, now)
  }

  #leaveFlow(entry: Entry, now: number): void {
    const entries = this.#byFlow.get(entry.binding.flowId)
    if (entries?.delete(entry) && entries.size === 0) this.#byFlow.delete(entry.binding.flowId)
    this.sources.remove(entry.binding.sourceAddress, now)
  }

  /** An entry whose deadline moved back is found when its earlier second comes, and moves on then. */
  #scheduleSweep(entry: Entry): void {
    const due = Math.max(Math.ceil(entry.deadline / 1000), this.#sweptSecond + 1)
    if (due >= entry.due) return
    this.#leaveSweep(entry)
    entry.due = due
    const entries = this.#bySecond.get(due)
    if (entries === undefined) this.#bySecond.set(due, new Set([entry]))
    else entries.add(entry)
  }

  /** What is gone is not kept until it would have expired: phones that come and go would fill the memory. */
  #leaveSweep(entry: Entry): void {
    const entries = this.#bySecond.get(entry.due)
    if (entries?.delete(entry) && entries.size === 0) this.#bySecond.delete(entry.due)
  }

  /** Entries that wait to expire: as many as there are bindings. */
  get expectedCount(): number {
    let count = 0
    for (const entries of this.#bySecond.values()) count += entries.size
    return count
  }

  /** Removes and returns what expired by `now`. */
  sweep(now: number): readonly Entry[] {
    const expired: Entry[] = []
    const until = Math.floor(now / 1000)
    while (this.#sweptSecond < until && this.#bySecond.size > 0) {
      const second = this.#sweptSecond + 1
      const entries = this.#bySecond.get(second)
      this.#bySecond.delete(second)
      this.#sweptSecond = second
      for (const entry of entries ?? NONE) {
        entry.due = Number.POSITIVE_INFINITY
        if (entry.deadline > now) this.#scheduleSweep(entry)
        else {
          this.remove(entry, now)
          expired.push(entry)
        }
      }
    }
    this.#sweptSecond = Math.max(this.#sweptSecond, until)
    return expired
  }
}
