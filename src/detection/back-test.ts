/** Rules over the past of the log: what they would have found. */
import type { EventLog, EventQuery } from '../events/event-log.ts'
import { createBreath } from './breathe.ts'
import { createDetectionEngine } from './engine.ts'
import { detectedEvent } from './read-event.ts'
import type { Detection, SigmaRule } from './types.ts'

export interface BackTestOptions {
  readonly log: Pick<EventLog, 'query'>
  readonly rules: readonly SigmaRule[]
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly until: number
  readonly maximumEvents: number
  readonly maximumMs: number
}

export interface BackTest {
  readonly events: number
  /** Up to here it was looked; the time of the last event. */
  readonly to: number
  /** A bound was reached before the end. */
  readonly partial: boolean
  /** The first thousand. */
  readonly found: readonly Detection[]
  /** All of them, by the id of their rule. */
  readonly counts: ReadonlyMap<string, number>
}

const PAGE = 1_000
const MAXIMUM_FOUND = 1_000
/** A query names so many types at most; with more it is of all. */
const MAXIMUM_TYPES = 100

export async function backTest({ log, rules, since, until, ...bounds }: BackTestOptions): Promise<BackTest> {
  const engine = createDetectionEngine(rules)
  const types = engine.types !== undefined && engine.types.length <= MAXIMUM_TYPES ? engine.types : undefined
  const breathe = createBreath()
  const counts = new Map<string, number>()
  const found: Detection[] = []
  const deadline = performance.now() + bounds.maximumMs
  let events = 0
  let to = since
  let after: number | undefined
  const result = (partial: boolean): BackTest => ({ events, to, partial, found, counts })
  if (types?.length === 0) return result(false)
  for (;;) {
    const place = after === undefined ? { since } : { after }
    const wanted = types === undefined ? {} : { types: types as NonNullable<EventQuery['types']> }
    const page = await log.query({ ...place, ...wanted, limit: PAGE })
    for (const { event, position } of page) {
      after = position
      if (event.at > until) continue
      if (event.at < since) continue
      events++
      to = Math.max(to, event.at)
      for (const detection of engine.observe(detectedEvent(event, position))) {
        counts.set(detection.rule.id, (counts.get(detection.rule.id) ?? 0) + 1)
        if (found.length < MAXIMUM_FOUND) found.push(detection)
      }
      await breathe()
      if (performance.now() > deadline) return result(true)
    }
    const last = page.at(-1)
    if (page.length < PAGE || last === undefined || last.event.at > until) return result(false)
    if (events >= bounds.maximumEvents || performance.now() > deadline) return result(true)
  }
}
