/** Translates what the lower rooms observe into events: they do not know the catalogue. */
import type { Clock } from '../base/clock.ts'
import { BoundedMap } from '../base/bounded.ts'
import type { Logger } from '../base/logger.ts'
import { sourceKey } from '../base/network.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { MessageGate } from '../firewall/types.ts'
import type { TransportObserver } from '../sip/transport/types.ts'
import { safeForLog } from '../sip/message/text.ts'

/** One event a source and kind in this time; what came in between is not worth a row each: a stranger could fill the log. */
const SAMPLE_MS = 60_000
const MAXIMUM_SOURCES = 10_000

export interface TransportObserverParts {
  readonly events: EventPublisher
  readonly clock: Clock
  readonly logger: Logger
  readonly gate: Pick<MessageGate, 'noteRefusedConnection'>
}

export function createTransportObserver({ events, clock, logger, gate }: TransportObserverParts): TransportObserver {
  const lastTold = new BoundedMap<string, number>(MAXIMUM_SOURCES)
  const worthTelling = (kind: string, address: string): boolean => {
    const key = `${kind} ${sourceKey(address)}`
    const now = clock.monotonic()
    const last = lastTold.get(key)
    if (last !== undefined && now - last < SAMPLE_MS) return false
    lastTold.set(key, now)
    return true
  }
  return {
    listening(listener) {
      const { protocol, address, port, insecure } = listener
      events.publish('listener.opened', { protocol, address, port, insecure })
    },
    connectionRefused(source, protocol, reason) {
      if (reason !== 'filtered' && reason !== 'source not allowed') gate.noteRefusedConnection(source, reason)
      if (!worthTelling(`refused ${reason}`, source)) return
      events.publish('transport.connection-refused', { source, protocol, reason: safeForLog(reason) })
    },
    messageRefused(flow, error, detail) {
      if (!worthTelling(error, flow.remoteAddress)) return
      const told = { source: flow.remoteAddress, protocol: flow.protocol, error, detail: safeForLog(detail) }
      events.publish('transport.message-refused', told)
    },
    messageFailed(flow, error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logger.error({ detail, protocol: flow.protocol }, 'a message was not handled')
    },
    listenerFailing(listener, code, detail) {
      const what = `listener ${listener.protocol} ${listener.address}:${listener.port}`
      logger.error({ code, detail }, `${what} cannot accept connections`)
      events.publish('system.overloaded', { what, detail: `${code}: ${detail}` })
    },
  }
}
