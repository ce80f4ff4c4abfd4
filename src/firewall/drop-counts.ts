/** What was stopped lately, by rule and by source, for a person who asks. Bounded, and forgotten after a day. */
import { BoundedMap } from '../base/bounded.ts'

const MINUTE_MS = 60_000
const MINUTES = 1_440
const MAXIMUM_RULES = 64
const MAXIMUM_SOURCES = 10_000

export interface RuleCount {
  readonly rule: string
  readonly lastHour: number
  readonly lastDay: number
}

export interface SourceCount {
  readonly source: string
  readonly stopped: number
  /** The rule that stopped it last. */
  readonly rule: string
}

interface Stopped {
  count: number
  at: number
  rule: string
}

export class DropCounts {
  readonly #byRule = new Map<string, Uint32Array>()
  readonly #bySource = new BoundedMap<string, Stopped>(MAXIMUM_SOURCES)
  #minute = 0

  /** `now`: monotonic milliseconds. */
  add(source: string, rule: string, now: number): void {
    this.#turn(now)
    let minutes = this.#byRule.get(rule)
    if (minutes === undefined) {
      if (this.#byRule.size >= MAXIMUM_RULES) return
      minutes = new Uint32Array(MINUTES)
      this.#byRule.set(rule, minutes)
    }
    minutes[this.#minute % MINUTES]!++
    const known = this.#bySource.touch(source)
    if (known === undefined || now - known.at > MINUTES * MINUTE_MS) {
      this.#bySource.set(source, { count: 1, at: now, rule })
      return
    }
    known.count++
    known.at = now
    known.rule = rule
  }

  /** Empties the minutes that have begun since. */
  #turn(now: number): void {
    const minute = Math.floor(now / MINUTE_MS)
    if (minute <= this.#minute) return
    const passed = Math.min(minute - this.#minute, MINUTES)
    for (const minutes of this.#byRule.values()) {
      for (let i = 1; i <= passed; i++) minutes[(this.#minute + i) % MINUTES] = 0
    }
    this.#minute = minute
  }

  /** Those that stopped most first. */
  rules(now: number): readonly RuleCount[] {
    this.#turn(now)
    const counts = [...this.#byRule].map(([rule, minutes]) => {
      let lastHour = 0
      for (let i = 0; i < 60; i++) lastHour += minutes[(this.#minute + MINUTES - i) % MINUTES]!
      return { rule, lastHour, lastDay: minutes.reduce((sum, each) => sum + each, 0) }
    })
    return counts.filter(({ lastDay }) => lastDay > 0).toSorted((a, b) => b.lastDay - a.lastDay)
  }

  sources(now: number, limit: number): readonly SourceCount[] {
    return [...this.#bySource.entries()]
      .filter(([, { at }]) => now - at <= MINUTES * MINUTE_MS)
      .toSorted(([, a], [, b]) => b.count - a.count)
      .slice(0, limit)
      .map(([source, { count, rule }]) => ({ source, stopped: count, rule }))
  }
}
