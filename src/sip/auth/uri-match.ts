/** Whether the `uri` of digest credentials names what the Request-URI names (RFC 7616 §3.4.6: "equivalent"). */
import { isIP } from '../../base/network.ts'
import type { SipUri } from '../message/types.ts'
import { parseUri } from '../message/uri.ts'

/** The address and port that the request reached us by. */
export interface ServerAddress {
  readonly address: string
  readonly port: number
}

/**
 * Deviation: URI parameters and default ports are not compared, because phones leave `;transport=tls` out of one of the two, and
 * proxies in between change them; user, host and scheme family decide.
 */
export function digestUriMatches(digestUri: string, requestUri: string): boolean {
  if (digestUri === requestUri) return true
  const a = parseUri(digestUri)
  const b = parseUri(requestUri)
  if (a === undefined || b === undefined) return false
  if (a.kind === 'opaque' || b.kind === 'opaque') {
    return a.kind === 'opaque' && b.kind === 'opaque' && a.scheme === b.scheme && a.rest === b.rest
  }
  return a.user === b.user && a.host === b.host && samePort(a, b)
}

function samePort(a: SipUri, b: SipUri): boolean {
  return a.port === b.port || a.port === undefined || b.port === undefined
}

/**
 * Deviation: some phones and SIPp write the server's own address (`sip:192.0.2.1:5060`) instead of the Request-URI. A nonce and
 * count are good for one request all the same; what is lost is that a man in the middle could give the request another
 * target, and TLS keeps him out.
 */
export function digestUriNamesServer(digestUri: string, server: ServerAddress): boolean {
  const uri = parseUri(digestUri)
  if (uri?.kind !== 'sip' || uri.user !== undefined) return false
  const wildcard = server.address === '0.0.0.0' || server.address === '::'
  return uri.port === server.port && (wildcard ? isIP(uri.host) !== 0 : uri.host === server.address)
}
