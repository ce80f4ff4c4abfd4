/** Where the caller is (RFC 6442): what its phone says by reference, or what was configured. */
import type { Extension } from '../directory/types.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Attachment } from './branch.ts'
import type { Call } from './call.ts'
import type { CallContext } from './context.ts'
import { GEOLOCATION } from './passing/may-cross.ts'

/**
 * `Geolocation` of the phone, where it is a reference (`https:`, `sips:`, `pres:`; what it carries in its body stays there), else the
 * configured reference; `Geolocation-Routing: yes` with it, so that it may steer the call (§4.2). A configured PIDF-LO document
 * is sent as a body (`locationBody`).
 */
export function emergencyHeaders(
  context: CallContext,
  call: Call,
  _extension: Extension | undefined,
  request: SipRequest | undefined,
): readonly HeaderPair[] {
  const said = GEOLOCATION.cross(request?.header('Geolocation') ?? '')
  const headers: HeaderPair[] = [['Priority', 'emergency']]
  if (said !== undefined) {
    headers.push(['Geolocation', said], ['Geolocation-Routing', 'yes'])
    return headers
  }
  const configured = context.directory.callingOf(call.organisation.id).emergencyLocation
  if (configured === undefined) return headers
  const reference = isReference(configured) ? configured.trim() : `cid:${LOCATION_CONTENT_ID}`
  headers.push(['Geolocation', `<${reference}>`], ['Geolocation-Routing', 'yes'])
  return headers
}

const LOCATION_CONTENT_ID = 'location@anonymous.invalid'

function isReference(text: string): boolean {
  return /^\s*(?:https|sips|pres):[^\s<>]+\s*$/.test(text)
}

/** The configured PIDF-LO document (RFC 4119), where the headers refer to it. */
export function locationBody(context: CallContext, call: Call, headers: readonly HeaderPair[]): Attachment | undefined {
  if (!headers.some(([name, value]) => name === 'Geolocation' && value === `<cid:${LOCATION_CONTENT_ID}>`))
    return undefined
  const text = context.directory.callingOf(call.organisation.id).emergencyLocation ?? ''
  return { contentType: 'application/pidf+xml', contentId: LOCATION_CONTENT_ID, text }
}
