/** What happened before the start: counted on, so that nobody is forgotten by making us fall over, and told where it was not. */
import { type DetectionEngine, QUIET_MS } from '../detection/engine.ts'
import { detectedEvent } from '../detection/read-event.ts'
import type { Detection } from '../detection/types.ts'
import type { EventQuery, LoggedEvent } from '../events/event-log.ts'
import type { Core } from './core.ts'

/** Older ones are history: `ringfence detections run` looks at those. */
const SINCE_MS = 3_600_000
const PAGE = 1_000
const MAXIMUM_PAGES = 20
const MAXIMUM_TYPES = 99
/** Of the log's clock against that of what was found. */
const MARGIN_MS = 5_000

/** Ids of what was looked at. Rejects with the store's error. */
export async function catchUpDetections(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  engine: DetectionEngine,
  tell: (detection: Detection) => void,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>()
  const found: Detection[] = []
  const told: LoggedEvent['event'][] = []
  const since = clock.now() - SINCE_MS
  const types = typesOf(engine)
  let after: number | undefined
  for (let page = 0; page < MAXIMUM_PAGES; page++) {
    const place = after === undefined ? { since } : { after }
    const events = await store.events.query({ ...place, ...types, limit: PAGE })
    for (const { event, position } of events) {
      after = position
      seen.add(event.id)
      if (event.type === 'detection.found') told.push(event)
      else if (engine.wants(event.type)) found.push(...engine.observe(detectedEvent(event, position)))
    }
    if (events.length < PAGE) break
    await new Promise<void>(resolve => void setImmediate(resolve))
  }
  for (const detection of found) if (!told.some(event => isOf(event, detection))) tell(detection)
  return seen
}

function typesOf({ types }: DetectionEngine): Pick<EventQuery, 'types'> {
  if (types === undefined || types.length > MAXIMUM_TYPES) return {}
  return { types: [...types, 'detection.found'] as NonNullable<EventQuery['types']> }
}

/** The same rule and group, in a time in which it is told once. */
function isOf({ type, at, data }: LoggedEvent['event'], { rule, group, at: foundAt }: Detection): boolean {
  if (type !== 'detection.found' || data.rule !== rule.id) return false
  if (JSON.stringify(data.group) !== JSON.stringify(group)) return false
  return Math.abs(at - foundAt) < (rule.kind === 'correlation' ? rule.timespanMs : QUIET_MS) + MARGIN_MS
}
