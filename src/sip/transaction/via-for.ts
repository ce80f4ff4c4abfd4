/** The Via that we put on top of our requests (RFC 3261 §18.1.1, RFC 3581 §3). */
import type { Flow } from '../transport/types.ts'

export function viaFor(flow: Flow, sentBy: { readonly host: string; readonly port: number }, branch: string): string {
  const host = sentBy.host.includes(':') ? `[${sentBy.host}]` : sentBy.host
  return `SIP/2.0/${flow.protocol} ${host}:${sentBy.port};branch=${branch};rport`
}
