/** The bus: whoever knows that something happened publishes it; the log writes it down, others listen. */
import type { Clock } from '../base/clock.ts'
import type { OrganisationId } from '../base/ids.ts'
import { newId } from '../base/ids.ts'
import type { EventOf, EventPayloads, EventType, RingfenceEvent } from './catalogue.ts'
import { severityOf } from './catalogue.ts'

export interface EventPublisher {
  publish<T extends EventType>(type: T, data: EventPayloads[T], organisationId?: OrganisationId): EventOf<T>
}

export interface EventBus extends EventPublisher {
  /** Calls `listener` for each event, in order, synchronously. Returns the function that ends it. */
  subscribe(listener: (event: RingfenceEvent) => void): () => void
}

/** `onListenerError` hears of a listener that threw: the other listeners still get the event. */
export function createEventBus(clock: Clock, onListenerError: (error: unknown) => void): EventBus {
  const listeners = new Set<(event: RingfenceEvent) => void>()
  return {
    publish(type, data, organisationId) {
      const at = clock.now()
      const event = { id: newId<'EventId'>(at), type, at, severity: severityOf(type, data), organisationId, data }
      for (const listener of listeners) {
        try {
          listener(event as unknown as RingfenceEvent)
        } catch (error) {
          onListenerError(error)
        }
      }
      return event
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
