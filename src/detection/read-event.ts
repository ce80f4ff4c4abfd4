/** An event of the log as rules look at it. */
import type { RingfenceEvent } from '../events/catalogue.ts'
import { eventFields } from '../events/query/event-fields.ts'
import type { DetectedEvent } from './types.ts'

export function detectedEvent(event: RingfenceEvent, position?: number): DetectedEvent {
  const { id, type, at, organisationId } = event
  return { id, type, at, organisationId: organisationId ?? undefined, fields: eventFields(event, position) }
}
