/** The event log of a running system, as its operator reads it. */
import type { EventOf, EventType } from '../../src/events/catalogue.ts'
import { eventually } from '../support/places.ts'
import { accepted, type Ringfence } from '../support/ringfence.ts'

/** Position of the newest event. */
export async function lastPosition(system: Ringfence): Promise<number> {
  return accepted(await (await system.operations()).events({ limit: 1 })).at(-1)?.position ?? 0
}

export async function eventsAfter<T extends EventType>(
  system: Ringfence,
  after: number,
  type: T,
): Promise<readonly EventOf<T>[]> {
  const found = accepted(await (await system.operations()).events({ after, types: [type], limit: 1_000 }))
  return found.map(({ event }) => event as EventOf<T>)
}

/** Waits until there are `count` of them. */
export async function awaitEvents<T extends EventType>(
  system: Ringfence,
  after: number,
  type: T,
  { count = 1, timeoutMs = 20_000 } = {},
): Promise<readonly EventOf<T>[]> {
  const enough = async (): Promise<readonly EventOf<T>[] | false> => {
    const found = await eventsAfter(system, after, type)
    return found.length >= count && found
  }
  return eventually(enough, timeoutMs, `${count} x ${type}`)
}
