/** A day of scanners and honest phones through detection and the table of sources, in simulated time. */
import { ManualClock } from '../../../src/base/clock.ts'
import { createSourceGuard, type SeenFrom } from '../../../src/guard/source-guard.ts'
import type { SourceDecision } from '../../../src/guard/sources/types.ts'
import { generator } from '../phone-numbers.ts'
import { Fleet, type FleetCounts } from './fleet.ts'
import { nextSight, ScannerDay } from './scanners.ts'

export interface ReplayOptions {
  readonly seed: number
  readonly messages: number
  readonly sources: number
  readonly phones: number
  readonly hours: number
  readonly tableLimit: number
  /** Of each rule. */
  readonly remembered: number
  readonly botnetHour?: number | undefined
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
}

export interface ReplayReport extends ReplayState {
  readonly phones: FleetCounts
  readonly sources: number
}

const START = Date.UTC(2026, 0, 5)
const HOUR = 3_600_000

export function replay(options: ReplayOptions): ReplayReport {
  const { seed, messages, sources, phones, hours, tableLimit, remembered, botnetHour, powerCuts } = options
  const clock = new ManualClock(START)
  const fleet = new Fleet(generator(seed), { phones, from: START, powerCuts })
  const day = new ScannerDay(generator(seed + 1), {
    messages,
    sources,
    from: START,
    lengthMs: hours * HOUR,
    botnetHour,
  })
  const state: ReplayState = { stopped: 0, looked: 0, evicted: 0, held: 0, largest: 0, byRule: new Map() }
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
  for (let scanner = day.take(), sent = 0; scanner !== undefined; scanner = day.take(), sent++) {
    const { at } = day
    fleet.advance(at, setTime, gate)
    setTime(at)
    const now = guard.now()
    const sight = nextSight(scanner, victim)
    if (ask(scanner.from, sight.kind === 'failed' ? sight.username : undefined, now) === 'open') {
      state.looked++
      guard.observe(scanner.from, sight)
    } else {
      state.stopped++
    }
    if (sent % 10_000 === 0) sample()
    if (at - START >= hour * HOUR) {
      sample()
      options.onHour?.(hour++, state)
    }
  }
  sample()
  return { ...state, phones: fleet.counts, sources: day.sources }
}
