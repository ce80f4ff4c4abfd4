/** How a response gets back: over the flow of its request, or where RFC 3261 §18.2.2 says when that is gone. */
import type { SipRequest } from '../message/types.ts'
import type { Flow, Target } from '../transport/types.ts'

const DEFAULT_PORT = { TCP: 5060, TLS: 5061 } as const

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
