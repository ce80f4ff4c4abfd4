/** The durable, ordered log of events; implemented by `store/`. */
import type { OrganisationId } from '../base/ids.ts'
import type { EventType, RingfenceEvent } from './catalogue.ts'

export interface EventQuery {
  readonly organisationId?: OrganisationId
  /** Beside those of `organisationId`, also events that concern the whole machine. */
  readonly machine?: boolean
  /** Exact types, or a prefix that ends in a dot (`call.`). */
  readonly types?: readonly (EventType | `${string}.`)[]
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number
  /** Only events after this position. */
  readonly after?: number
  /** Only events before this position: the newest of those. */
  readonly before?: number
  readonly limit: number
}

/** An event with its position: positions only grow and have no holes. */
export interface LoggedEvent {
  readonly position: number
  readonly event: RingfenceEvent
}

export interface EventLog {
  /** Queues for the next group commit (a few milliseconds). Resolves when durable. Never reorders. */
  append(event: RingfenceEvent): Promise<void>
  /** Ascending by position. With neither `since` nor `after`: the newest `limit` events. */
  query(query: EventQuery): Promise<readonly LoggedEvent[]>
}
