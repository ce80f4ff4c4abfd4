/** Whether the `uri` of digest credentials names what the Request-URI names (RFC 7616 §3.4.6: "equivalent"). */
import type { SipUri } from '../message/types.ts'
import { parseUri } from '../message/uri.ts'

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
