/** What the ready file says: where the system takes calls. */
import { isIPv6 } from 'node:net'
import type { ListenerAddress, ReadyDocument } from '../cli/ports.ts'
import type { Configuration } from '../config/schema.ts'
import type { TransportLayer } from '../sip/transport/transport-layer.ts'
import { connectableAddress, reachableAddress, uriHost } from './addresses.ts'

export interface ReadyOptions {
  readonly version: string
  readonly transport: Pick<TransportLayer, 'listeners'>
  readonly https: readonly { readonly bound: ListenerAddress }[]
  readonly ca: string
}

/** `sipTls` and `https` name an address that can be connected to; `listeners` what is bound. */
export function readyDocument({ version, transport, https, ca }: ReadyOptions): ReadyDocument {
  const sip = transport.listeners.map(({ protocol, address, port }) => ({ transport: protocol, address, port }))
  const web = https.map(({ bound }) => ({ transport: 'WSS', address: bound.address, port: bound.port }))
  return {
    sipTls: connectable(sip.filter(listener => listener.transport === 'TLS')),
    https: connectable(web),
    listeners: [...sip, ...web],
    ca,
    version,
  }
}

/** `sip:ADDRESS:PORT;transport=tls` for phones. */
export function outboundProxyOf(configuration: Configuration, ready: ReadyDocument): string {
  return `sip:${uriHost(reachableAddress(configuration))}:${ready.sipTls.port};transport=tls`
}

function connectable(listeners: readonly ListenerAddress[]): ListenerAddress {
  const chosen = listeners.find(listener => !isIPv6(listener.address)) ?? listeners[0]!
  return { address: connectableAddress(chosen.address), port: chosen.port }
}
