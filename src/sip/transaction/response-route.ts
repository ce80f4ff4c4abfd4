/** How a response gets back: over the flow of its request, or where RFC 3261 §18.2.2 says when that is gone. */
import type { SipRequest } from '../message/types.ts'
import type { Flow, Target, Transport } from '../transport/types.ts'

const DEFAULT_PORT = { UDP: 5060, TCP: 5060, TLS: 5061 } as const

/**
 * A datagram without rport is answered at the port of its sent-by (§18.2.2, RFC 3581 §4). Deviation: only where sent-by names
 * the address that it came from; behind a NAT nothing but the source port leads back.
 */
export function responseFlow(transport: Transport, request: SipRequest, flow: Flow): Flow {
  if (flow.protocol !== 'UDP') return flow
  const { rport, host, port = DEFAULT_PORT.UDP } = request.topmostVia
  if (rport !== undefined || port === flow.remotePort || host !== flow.remoteAddress) return flow
  return transport.flowToPort(flow, port)
}

/**
 * Where to connect when the connection of a request is closed: the source address, the port of the topmost Via. Undefined
 * when nobody can listen there. Deviation: only a proxy (a request with several Vias) is called back; a phone's
 * connection comes from a port that nobody listens on, and calling it back would open connections at a stranger's wish.
 */
export function fallbackTarget(request: SipRequest, flow: Flow): Target | undefined {
  const { protocol } = flow
  if ((protocol !== 'TCP' && protocol !== 'TLS') || request.vias.length < 2) return undefined
  const via = request.topmostVia
  const port = via.port ?? DEFAULT_PORT[protocol]
  return {
    protocol,
    address: flow.remoteAddress,
    port,
    serverName: protocol === 'TLS' ? via.host : undefined,
  }
}
