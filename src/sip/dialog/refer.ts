/** REFER and the NOTIFYs that report on it (RFC 3515, RFC 3891 §6, RFC 3420). */
import type { HeaderPair } from '../message/build.ts'
import { parseNameAddress } from '../message/name-address.ts'
import { unescapeText } from './unescape.ts'
import type { SipRequest, SipUri, Uri } from '../message/types.ts'
import { parseReplaces, type Replaces } from './replaces.ts'

export interface ReferTo {
  /** Without headers and `method`. */
  readonly uri: Uri
  /** `INVITE` unless the URI says otherwise. */
  readonly method: string
  /** Attended transfer: the dialog that the new call shall replace. */
  readonly replaces: Replaces | undefined
}

/** Refer-To of a REFER; undefined when it is missing, twice, or malformed: 400 (§2.4.2). */
export function referToOf(request: SipRequest): ReferTo | undefined {
  const values = request.headerValues('Refer-To')
  return values.length === 1 ? parseReferTo(values[0]!) : undefined
}

export function parseReferTo(value: string): ReferTo | undefined {
  const address = parseNameAddress(value)
  if (address === undefined) return undefined
  if (address.uri.kind !== 'sip') return { uri: address.uri, method: 'INVITE', replaces: undefined }
  const headers = readUriHeaders(address.uri)
  if (headers === undefined) return undefined
  const text = headers.get('replaces')
  const replaces = text === undefined ? undefined : parseReplaces(text)
  if (text !== undefined && replaces === undefined) return undefined
  const parameters = new Map(address.uri.parameters)
  const method = parameters.get('method') ?? 'INVITE'
  parameters.delete('method')
  return { uri: { ...address.uri, parameters, headers: '' }, method, replaces }
}

/** `?name=value&…`, names in lower case, values without escapes. Undefined when one is malformed or stands twice. */
function readUriHeaders(uri: SipUri): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>()
  if (uri.headers === '') return headers
  for (const field of uri.headers.split('&')) {
    const equals = field.indexOf('=')
    const name = unescapeText(field.slice(0, Math.max(equals, 0)))?.toLowerCase()
    const value = unescapeText(field.slice(equals + 1))
    if (equals < 1 || name === undefined || value === undefined || headers.has(name)) return undefined
    headers.set(name, value)
  }
  return headers
}

/** Headers of a NOTIFY about a REFER (RFC 3515 §2.4.4). `id`: CSeq number of the REFER, for all but the first of a dialog. */
export function referNotifyHeaders(
  state: { readonly kind: 'active'; readonly expires: number } | { readonly kind: 'terminated' },
  id?: number,
): readonly HeaderPair[] {
  const subscription = state.kind === 'active' ? `active;expires=${state.expires}` : 'terminated;reason=noresource'
  return [
    ['Event', id === undefined ? 'refer' : `refer;id=${id}`],
    ['Subscription-State', subscription],
  ]
}

export const SIPFRAG_TYPE = 'message/sipfrag;version=2.0'

/** The body of such a NOTIFY: the status line of the referred request's response (§2.4.5). */
export function sipfragBody(status: number, reason: string): string {
  return `SIP/2.0 ${status} ${reason.replace(/[\r\n]+/g, ' ')}\r\n`
}

/** The status that a sipfrag body reports, or undefined. */
export function sipfragStatus(body: Uint8Array): number | undefined {
  const line = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 64)).toString('latin1')
  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: |\r|\n|$)/i.exec(line)?.[1]
  return status === undefined ? undefined : Number(status)
}
