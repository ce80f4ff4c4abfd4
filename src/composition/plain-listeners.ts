/** Plaintext listeners exist only as exceptions with an end: each closes by itself when its time is over. */
import type { Clock, Timer } from '../base/clock.ts'
import { parseNetwork } from '../base/network.ts'
import type { Configuration, InsecureListener } from '../config/schema.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { ListenerOptions } from '../sip/transport/options.ts'
import type { TransportLayer } from '../sip/transport/transport-layer.ts'
import type { Listener, TransportProtocol } from '../sip/transport/types.ts'

/** Node's timers hold less than 25 days. */
const LONGEST_TIMER_MS = 86_400_000

export function plainListenerOptions(configuration: Configuration, now: number): readonly ListenerOptions[] {
  return configuration.allowInsecureListeners
    .filter(listener => listener.expires > now)
    .map(listener => ({
      protocol: listener.transport.toUpperCase() as TransportProtocol,
      address: listener.address,
      port: listener.port,
      insecure: true,
      sources: listener.sources.map(text => parseNetwork(text)!),
    }))
}

/** The setting that an open plaintext listener came from. */
export function settingOf(configuration: Configuration, listener: Listener): InsecureListener | undefined {
  return configuration.allowInsecureListeners.find(
    setting =>
      setting.transport.toUpperCase() === listener.protocol &&
      setting.address === listener.address &&
      (setting.port === listener.port || setting.port === 0),
  )
}

/** Closes each at its expiry. Returns the function that ends the watch. */
export function watchExpiry(
  configuration: Configuration,
  transport: Pick<TransportLayer, 'listeners' | 'closeListener'>,
  clock: Clock,
  events: EventPublisher,
): () => void {
  let timer: Timer | undefined
  const look = (): void => {
    const now = clock.now()
    let next = LONGEST_TIMER_MS
    for (const listener of transport.listeners) {
      const setting = listener.insecure ? settingOf(configuration, listener) : undefined
      if (setting === undefined) continue
      if (setting.expires <= now) {
        const { protocol, address, port } = listener
        void transport.closeListener(listener)
        events.publish('listener.expired', { protocol, address, port })
      } else {
        next = Math.min(next, setting.expires - now)
      }
    }
    timer = clock.schedule(next, look)
  }
  look()
  return () => timer?.cancel()
}
