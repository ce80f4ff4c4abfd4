/** Route sets, and what they make of a request (RFC 3261 §12.1, §12.2.1.1). Pure. */
import { formatNameAddress } from '../message/name-address.ts'
import type { NameAddress, SipUri, Uri } from '../message/types.ts'
import { formatUri } from '../message/uri.ts'

export interface RoutedRequest {
  readonly requestUri: string
  /** Route values, topmost first. */
  readonly routes: readonly string[]
}

/** UAS: Record-Route "in order"; UAC: "in reverse order", all URI parameters kept (§12.1.1, §12.1.2). */
export function routeSetOf(recordRoutes: readonly NameAddress[], side: 'uas' | 'uac'): readonly NameAddress[] {
  return side === 'uas' ? recordRoutes : recordRoutes.toReversed()
}

/** Request-URI and Route headers of a request within the dialog. */
export function routeRequest(remoteTarget: Uri, routeSet: readonly NameAddress[]): RoutedRequest {
  const first = routeSet[0]
  if (first === undefined) return { requestUri: formatUri(asRequestUri(remoteTarget)), routes: [] }
  if (isLoose(first.uri)) {
    return { requestUri: formatUri(asRequestUri(remoteTarget)), routes: routeSet.map(formatNameAddress) }
  }
  // A strict router (RFC 2543): it is put into the Request-URI, "stripping any parameters that are not allowed in a
  // Request-URI", and the remote target ends the route set.
  const rest = routeSet.slice(1).map(formatNameAddress)
  return { requestUri: formatUri(asRequestUri(first.uri)), routes: [...rest, `<${formatUri(remoteTarget)}>`] }
}

/** The URI that decides where a request goes (§8.1.2): the first route, or the target. */
export function nextHopOf(remoteTarget: Uri, routeSet: readonly NameAddress[]): SipUri | undefined {
  const uri = routeSet[0]?.uri ?? remoteTarget
  return uri.kind === 'sip' ? uri : undefined
}

function isLoose(uri: Uri): boolean {
  return uri.kind === 'sip' && uri.parameters.has('lr')
}

/** §19.1.1 table 1: neither `method` nor headers in a Request-URI. */
function asRequestUri(uri: Uri): Uri {
  if (uri.kind !== 'sip' || (uri.headers === '' && !uri.parameters.has('method'))) return uri
  const parameters = new Map(uri.parameters)
  parameters.delete('method')
  return { ...uri, parameters, headers: '' }
}
