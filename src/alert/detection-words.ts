/** What people are told of a detection: of what is high or critical, and of nothing that is told in words of its own already. Pure. */
import type { EventOf, EventType } from '../events/catalogue.ts'
import type { Words } from './notice.ts'

/** Whoever is told of these has no need of a detection that stands on them. */
const TOLD_ALREADY: ReadonlySet<string> = new Set<EventType>([
  'fraud.suspended',
  'fraud.blocked',
  'fraud.calls-ended',
  'fraud.cap-reached',
  'fraud.undone',
  'fraud.policy-changed',
  'emergency.failed',
  'people.recovery-started',
])

/** Undefined: nobody is disturbed by it. */
export function detectionWords({ data }: EventOf<'detection.found'>): Words | undefined {
  const { rule, title, level, reason, group, count, events, address, extension, unsaid } = data
  if (level !== 'high' && level !== 'critical') return undefined
  if (events.length === 1 && TOLD_ALREADY.has(events[0]!.type)) return undefined
  const last = events.at(-1)
  return {
    urgency: level === 'critical' ? 'critical' : 'error',
    // One message a minute for each rule, whatever a stranger does from how many addresses.
    about: rule,
    title,
    happened: reason === '' ? title : reason,
    who: extension === undefined ? (address ?? 'the whole system') : `extension ${extension}`,
    done: 'Nothing: a detection only tells.',
    advice: `What it finds, and when it is harmless: ringfence detections show ${rule}`,
    details: {
      rule,
      ...group,
      ...(address === undefined ? {} : { source: address }),
      ...(count > 1 ? { events: String(count) } : {}),
      ...(unsaid > 0 ? { 'not told before': String(unsaid) } : {}),
      ...(last === undefined ? {} : { 'last event': `${last.type} ${last.id}` }),
    },
    aboutMoney: false,
  }
}
