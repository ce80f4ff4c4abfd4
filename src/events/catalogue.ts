/** Everything that can happen, as one discriminated union. Adding one here asks for its severity and its line in docs/events.md. */
import type { EventId, OrganisationId } from '../base/ids.ts'
import type { AlertEvents } from './alert-events.ts'
import type { CallEvents } from './call-events.ts'
import type { SearchEvents } from './search-events.ts'
import { type DetectionEvents, SEVERITY_OF_LEVEL } from './detection-events.ts'
import type { ExportEvents } from './export-events.ts'
import type { FirewallEvents } from './firewall-events.ts'
import type { FraudEvents } from './fraud-events.ts'
import type { OutsideEvents } from './outside-events.ts'
import type { PeopleEvents } from './people-events.ts'
import type { RegistrationEvents } from './registration-events.ts'
import type { Severity } from './severity.ts'
import type { SystemEvents } from './system-events.ts'

export type { Severity }

/** What each type carries beside the envelope. */
export interface EventPayloads
  extends SystemEvents,
    RegistrationEvents,
    CallEvents,
    OutsideEvents,
    FraudEvents,
    AlertEvents,
    DetectionEvents,
    SearchEvents,
    FirewallEvents,
    ExportEvents,
    PeopleEvents {}

export type EventType = keyof EventPayloads

export interface EventEnvelope<T extends EventType> {
  /** UUIDv7: sorts by time. */
  readonly id: EventId
  readonly type: T
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly severity: Severity
  /** Undefined for what concerns the whole machine. */
  readonly organisationId: OrganisationId | undefined
}

export type EventOf<T extends EventType> = EventEnvelope<T> & { readonly data: EventPayloads[T] }
export type RingfenceEvent = { [T in EventType]: EventOf<T> }[EventType]

/** How loud each event is. The compiler asks for one line here for each type; of findings it is the level that counts. */
export const EVENT_SEVERITY: { readonly [T in EventType]: Severity } = {
  'system.started': 'notice',
  'system.draining': 'notice',
  'system.stopped': 'notice',
  'system.overloaded': 'error',
  'configuration.loaded': 'info',
  'configuration.weakened': 'warning',
  'listener.opened': 'info',
  'listener.expired': 'notice',
  'certificate.created': 'notice',
  'certificate.replaced': 'notice',
  'certificate.expiring': 'warning',
  'certificate.refused': 'error',
  'store.unavailable': 'critical',
  'store.recovered': 'notice',
  'directory.extension-added': 'notice',
  'directory.extension-suspended': 'warning',
  'directory.extension-restored': 'notice',
  'directory.extension-removed': 'notice',
  'directory.device-added': 'notice',
  'directory.device-removed': 'notice',
  'directory.devices-imported': 'warning',
  'transport.connection-refused': 'info',
  'transport.message-refused': 'info',
  'registration.accepted': 'info',
  'registration.removed': 'info',
  'registration.expired': 'info',
  'registration.flow-lost': 'info',
  'registration.refused': 'warning',
  'authentication.failed': 'warning',
  'message.dropped': 'info',
  'call.started': 'info',
  'call.ringing': 'info',
  'call.answered': 'info',
  'call.quality': 'info',
  'call.transferred': 'notice',
  'call.held': 'info',
  'call.ended': 'info',
  'call.refused': 'warning',
  'call.reported': 'warning',
  'media.refused': 'warning',
  'media.worker-failed': 'error',
  'directory.trunk-added': 'notice',
  'directory.trunk-changed': 'notice',
  'directory.trunk-removed': 'notice',
  'directory.number-added': 'notice',
  'directory.number-routed': 'notice',
  'directory.number-removed': 'notice',
  'directory.group-added': 'notice',
  'directory.group-changed': 'notice',
  'directory.group-removed': 'notice',
  'directory.calling-changed': 'warning',
  'directory.extension-calling-changed': 'warning',
  'trunk.up': 'notice',
  'trunk.down': 'error',
  'trunk.failed-over': 'warning',
  'trunk.limit-reached': 'warning',
  'caller-identity.spoofed': 'warning',
  'caller-identity.verified': 'info',
  'call.forwarded': 'info',
  'call.parked': 'info',
  'call.retrieved': 'info',
  'call.picked-up': 'info',
  'emergency.called': 'critical',
  'emergency.connected': 'notice',
  'emergency.failed': 'critical',
  'alert.sent': 'info',
  'alert.failed': 'error',
  'alert.acknowledged': 'info',
  'alert.escalated': 'warning',
  'detection.found': 'warning',
  'detection.rules-changed': 'notice',
  'detection.rule-problem': 'error',
  'search.changed': 'notice',
  'search.found': 'warning',
  'fraud.found': 'warning',
  'fraud.confirmation-asked': 'warning',
  'fraud.approved': 'notice',
  'fraud.denied': 'notice',
  'fraud.blocked': 'error',
  'fraud.calls-ended': 'error',
  'fraud.suspended': 'critical',
  'fraud.undone': 'warning',
  'fraud.cap-reached': 'error',
  'fraud.charged': 'info',
  'fraud.policy-changed': 'warning',
  'fraud.deck-imported': 'warning',
  'fraud.deck-removed': 'warning',
  'firewall.decided': 'warning',
  'firewall.tried': 'info',
  'firewall.ordered': 'warning',
  'firewall.undone': 'warning',
  'firewall.evicted': 'warning',
  'firewall.list-changed': 'notice',
  'firewall.list-problem': 'error',
  'firewall.kernel': 'notice',
  'people.invited': 'notice',
  'people.recovery-started': 'critical',
  'people.enrolled': 'notice',
  'people.changed': 'warning',
  'people.suspended': 'warning',
  'people.restored': 'notice',
  'people.removed': 'warning',
  'people.factor-added': 'notice',
  'people.factor-removed': 'warning',
  'people.signed-in': 'info',
  'people.sign-in-failed': 'warning',
  'people.locked': 'error',
  'people.signed-out': 'info',
  'people.session-refused': 'error',
  'people.stepped-up': 'info',
  'people.forbidden': 'warning',
  'people.api-key-added': 'warning',
  'people.api-key-removed': 'notice',
  'people.api-key-refused': 'warning',
  'directory.organisation-added': 'warning',
  'export.added': 'warning',
  'export.removed': 'warning',
  'export.tested': 'info',
  'export.failing': 'error',
  'export.recovered': 'notice',
  'export.behind': 'error',
  'export.refused': 'error',
  'export.lost': 'critical',
}

/** Of one event: that of its type, or, of a finding, that of its rule. */
export function severityOf<T extends EventType>(type: T, data: EventPayloads[T]): Severity {
  const of = { type, data } as { readonly type: EventType; readonly data: unknown }
  if (of.type !== 'detection.found') return EVENT_SEVERITY[type]
  return SEVERITY_OF_LEVEL[(of.data as EventPayloads['detection.found']).level] ?? EVENT_SEVERITY[type]
}
