/** Rules over what happens now. Whoever publishes an event waits for no rule: they are looked at in small slices afterwards. */
import { BoundedQueue } from '../base/bounded.ts'
import type { Clock } from '../base/clock.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { DetectionEngine } from './engine.ts'
import { detectedEvent } from './read-event.ts'
import type { Detection } from './types.ts'

export interface LiveDetection {
  /** For the bus. Never throws, never waits. */
  take(event: RingfenceEvent): void
  /** Looks with other rules from now on. */
  use(engine: DetectionEngine): void
  /** What was found in another way: told like the rest, as many of a rule. */
  found(detection: Detection): void
  /** Until then events wait; `alreadySeen`: those that were looked at in another way meanwhile. */
  begin(alreadySeen: ReadonlySet<string>): void
  readonly figures: LiveFigures
  /** Looks at what waits. Idempotent. */
  stop(): void
}

export interface LiveFigures {
  /** Events that rules looked at. */
  readonly looked: number
  readonly found: number
  /** Findings that were too many of one rule to be told. */
  readonly unsaid: number
  /** Events for which there was no room. */
  readonly missed: number
  readonly waiting: number
}

export interface LiveOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly engine: DetectionEngine
  /** `unsaid`: how many of this rule were not told since the one before. */
  tell(detection: Detection, unsaid: number): void
  /** Some events were not looked at: more came than rules could be asked. Told once a minute at most. */
  onMissed(count: number): void
  /** A fault of ours: the event is left out. */
  onError(error: unknown): void
}

const MAXIMUM_WAITING = 20_000
/** Milliseconds at a time, then calls have their turn. */
const SLICE_MS = 2
const SLICE_EVENTS = 100
const MISSED_MS = 60_000
/** Of one rule that is not critical, within the time below: nobody reads more, and nobody fills the log with findings. */
export const MAXIMUM_TOLD = 100
const TOLD_MS = 600_000

export function createLiveDetection(options: LiveOptions): LiveDetection {
  const { clock, tell, onMissed, onError } = options
  let { engine } = options
  const waiting = new BoundedQueue<RingfenceEvent>(MAXIMUM_WAITING)
  const limit = createTellLimit()
  const figures = { looked: 0, found: 0, unsaid: 0, missed: 0 }
  let seen: ReadonlySet<string> | undefined
  let planned = false
  let stopped = false
  let toldMissed = 0
  let toldMissedAt = Number.NEGATIVE_INFINITY

  function plan(): void {
    if (planned || seen === undefined || waiting.size === 0) return
    planned = true
    setImmediate(() => {
      planned = false
      if (!stopped) slice()
    })
  }

  function slice(): void {
    const until = clock.monotonic() + SLICE_MS
    for (let count = 0; count < SLICE_EVENTS && clock.monotonic() < until; count++) {
      const event = waiting.shift()
      if (event === undefined) break
      look(event)
    }
    plan()
  }

  function look(event: RingfenceEvent): void {
    if (seen?.has(event.id) === true) return
    figures.looked++
    try {
      for (const detection of engine.observe(detectedEvent(event))) {
        found(detection)
      }
    } catch (error) {
      onError(error)
    }
  }

  function found(detection: Detection): void {
    figures.found++
    const unsaid = limit(detection)
    if (unsaid === undefined) figures.unsaid++
    else tell(detection, unsaid)
  }

  function miss(): void {
    figures.missed++
    const now = clock.monotonic()
    if (now - toldMissedAt < MISSED_MS) return
    const count = figures.missed - toldMissed
    toldMissedAt = now
    toldMissed = figures.missed
    onMissed(count)
  }

  return {
    take(event) {
      if (stopped || !engine.wants(event.type)) return
      if (waiting.push(event)) plan()
      else miss()
    },
    use(next) {
      engine = next
    },
    found,
    begin(alreadySeen) {
      seen = alreadySeen
      plan()
    },
    get figures() {
      return { ...figures, waiting: waiting.size }
    },
    stop() {
      if (stopped) return
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) look(event)
      stopped = true
    },
  }
}

/** How many of its rule were not told since the one before; undefined: this one is not, either. */
function createTellLimit(): (detection: Detection) => number | undefined {
  const told = new Map<string, { since: number; told: number; unsaid: number }>()
  return ({ rule, at }) => {
    if (rule.level === 'critical') return 0
    const before = told.get(rule.id)
    const current =
      before !== undefined && Math.abs(at - before.since) < TOLD_MS
        ? before
        : { since: at, told: 0, unsaid: before?.unsaid ?? 0 }
    told.set(rule.id, current)
    if (current.told >= MAXIMUM_TOLD) {
      current.unsaid++
      return undefined
    }
    current.told++
    const { unsaid } = current
    current.unsaid = 0
    return unsaid
  }
}
