/** What was critical and reached nobody before a crash, or a stop, is told after the start. */
import type { AlertService } from '../alert/alert-service.ts'
import { TOLD_TYPES } from '../alert/notice.ts'
import type { EventType } from '../events/catalogue.ts'
import { readAlerts } from './alert-reading.ts'
import type { Core } from './core.ts'

/** Of all that is told (`alert/notice`): what is never held back or counted with others, so that the log says of each whether it was sent. */
const CRITICAL = ['fraud.suspended', 'fraud.calls-ended', 'emergency.called', 'emergency.failed'] as const
/** Older ones are history. */
const SINCE_MS = 3_600_000
const MAXIMUM = 1_000
/** What is older was seen, or is history. */
const WAITING_MS = 86_400_000

export async function catchUp(core: Core, service: Pick<AlertService, 'take'>): Promise<void> {
  const { store, clock, fraud } = core
  const since = clock.now() - SINCE_MS
  const read = (types: readonly EventType[]) => store.events.query({ types, since, limit: MAXIMUM })
  const [told, sent] = await Promise.all([read(CRITICAL), read(['alert.sent'])])
  const known = new Set(sent.map(({ event }) => (event.type === 'alert.sent' ? event.data.about : '')))
  for (const { event } of told) {
    if (known.has(event.id)) continue
    const id = 'decision' in event.data ? event.data.decision : undefined
    const decision = id === undefined ? undefined : fraud.decisions.get(id)
    // Somebody took it back meanwhile: it was noticed.
    if (id !== undefined && decision?.state !== 'in-force') continue
    service.take(event)
    const offered = id === undefined ? undefined : fraud.decisions.get(id)
    if (offered !== undefined && offered !== decision) await fraud.saveDecision(offered)
  }
}

/** What waits for somebody to see to it goes on waiting after a restart. What others were told of already does not. */
export async function awaitAnswers(core: Core, service: Pick<AlertService, 'awaitAnswer'>): Promise<void> {
  const { store, clock, directory } = core
  const since = clock.now() - WAITING_MS
  const [records, told] = await Promise.all([
    readAlerts(store.events, directory, { since }),
    store.events.query({ types: TOLD_TYPES, since, limit: 10 * MAXIMUM }),
  ])
  const open = records.filter(each => each.state === 'open' && each.escalatedAt === undefined)
  const ids = new Set(open.map(each => each.notice.id))
  for (const { event } of told) if (ids.has(event.id)) service.awaitAnswer(event)
}
