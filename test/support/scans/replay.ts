/** A day of scanners and honest phones through detection and the table of sources, in simulated time. */
import { ManualClock } from '../../../src/base/clock.ts'
import { createSourceGuard, type SeenFrom } from '../../../src/guard/source-guard.ts'
import type { SourceDecision } from '../../../src/guard/sources/types.ts'
import { generator } from '../phone-numbers.ts'
import { Fleet, type FleetCounts } from './fleet.ts'
import { nextSight, type Scanner, ScannerDay } from './scanners.ts'

export interface ReplayOptions {
  readonly seed: number
  /** Days, each with so many messages, and from so many sources, that no day before had. Default 1. */
  readonly days?: number
  readonly messages: number
  readonly sources: number
  readonly phones: number
  readonly tableLimit: number
  /** Of each rule. */
  readonly remembered: number
  /** Of each day. */
  readonly botnetHour?: number | undefined
  /** Hours from the start. */
  readonly powerCuts: readonly number[]
  onDecided?(decision: SourceDecision): void
  /** After each hour. */
  onHour?(hour: number, state: ReplayState): void
}

export interface ReplayState {
  /** Messages of scanners that nobody looked at, because of a decision. */
  stopped: number
  looked: number
  evicted: number
  /** Decisions in force, whatever they do; and the most at any time. */
  held: number
  largest: number
  readonly byRule: Map<string, number>
  /** What would have been decided about networks, which rules only try. */
  tried: number
}

export interface ReplayReport extends ReplayState {
  readonly phones: FleetCounts
  readonly sources: number
}

const START = Date.UTC(2026, 0, 5)
const HOUR = 3_600_000
const DAY = 24 * HOUR

export function replay(options: ReplayOptions): ReplayReport {
  const { seed, messages, sources, phones, days = 1, tableLimit, remembered, botnetHour, powerCuts } = options
  const clock = new ManualClock(START)
  const fleet = new Fleet(generator(seed), { phones, from: START, powerCuts })
  const state: ReplayState = { stopped: 0, looked: 0, evicted: 0, held: 0, largest: 0, byRule: new Map(), tried: 0 }
  const guard = createSourceGuard({
    clock,
    spared: fleet.spared,
    isRegisteredFlow: () => false,
    table: {
      limit: tableLimit,
      onEvicted: () => {
        state.evicted++
      },
    },
    detection: { remembered },
    onTried() {
      state.tried++
    },
    onDecided(decision) {
      state.byRule.set(decision.rule, (state.byRule.get(decision.rule) ?? 0) + 1)
      options.onDecided?.(decision)
    },
  })
  const table = guard.sources
  let passed = 0
  const setTime = (at: number): void => {
    const by = Math.floor(at - START) - passed
    if (by <= 0) return
    clock.advance(by)
    passed += by
  }
  const ask = (from: SeenFrom, username: string | undefined, at: number): 'open' | 'banned' | 'backing-off' => {
    if (table.banOf(from, at) !== undefined) return 'banned'
    return username !== undefined && table.backOffOf(username, from.address, at) !== undefined ? 'backing-off' : 'open'
  }
  const gate = { ask, observe: guard.observe }
  const sample = (): void => {
    const { ban, 'back-off': backOff, allow } = table.count(guard.now())
    state.held = ban + backOff + allow
    state.largest = Math.max(state.largest, state.held)
  }
  const victim = fleet.phones[1]!.username
  let hour = 1
  let sent = 0
  let seen = 0
  for (let index = 0; index < days; index++) {
    const from = START + index * DAY
    const scans = { messages, sources, firstSource: index * sources, from, lengthMs: DAY, botnetHour }
    const day = new ScannerDay(generator(seed + 1 + index), scans)
    for (let scanner = day.take(); scanner !== undefined; scanner = day.take(), sent++) {
      const { at } = day
      fleet.advance(at, setTime, gate)
      setTime(at)
      attack(scanner)
      if (sent % 10_000 === 0) sample()
      if (at - START < hour * HOUR) continue
      sample()
      options.onHour?.(hour++, state)
    }
    seen += day.sources
  }
  sample()
  return { ...state, phones: fleet.counts, sources: seen }

  function attack(scanner: Scanner): void {
    const sight = nextSight(scanner, victim)
    const username = sight.kind === 'failed' ? sight.username : undefined
    if (ask(scanner.from, username, guard.now()) !== 'open') {
      state.stopped++
      return
    }
    state.looked++
    guard.observe(scanner.from, sight)
  }
}
