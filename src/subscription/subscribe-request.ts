/** What a SUBSCRIBE asks for, and what is wrong with it (RFC 6665 §4.2.1). */
import { isToken } from '../sip/message/characters.ts'
import { parseParameters } from '../sip/message/headers.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { EventPackage } from './event-packages.ts'
import type { Fault, SubscriptionLimits } from './options.ts'

export interface EventName {
  readonly name: string
  readonly id: string | undefined
  /** Asks for one dialog only (RFC 4235 §3.2). */
  readonly oneDialog: boolean
}

const MAXIMUM_ID_LENGTH = 128

/** Undefined when there is none, or it is malformed. Names are compared as they are written (RFC 6665 §8.4). */
export function eventOf(request: SipRequest): EventName | undefined {
  const value = request.header('Event')
  if (value === undefined) return undefined
  const end = value.indexOf(';')
  const name = (end === -1 ? value : value.slice(0, end)).trim()
  const parameters = end === -1 ? undefined : parseParameters(value, end)
  if (!isToken(name) || (end !== -1 && parameters === undefined)) return undefined
  const id = parameters?.get('id')
  if (parameters?.has('id') === true && (id === undefined || !isToken(id) || id.length > MAXIMUM_ID_LENGTH))
    return undefined
  return { name, id, oneDialog: parameters?.has('call-id') === true }
}

/** As a NOTIFY names it: with the id of the SUBSCRIBE (§8.2.1). */
export function eventHeader(name: string, id: string | undefined): string {
  return id === undefined ? name : `${name};id=${id}`
}

/** No option of RFC 5367 (lists), RFC 6446 or any other is known here. */
export function unknownRequirement(request: SipRequest): Fault | undefined {
  const wanted = ['Require', 'Proxy-Require'].flatMap(name =>
    request.header(name) === undefined ? [] : request.headerValues(name),
  )
  return wanted.length === 0 ? undefined : { status: 420, headers: [['Unsupported', wanted.join(', ')]] }
}

/** The document's type is what the phone takes, or it does not say (RFC 6665 §3.1.3, RFC 3261 §21.4.7). */
export function unacceptableBody(request: SipRequest, { contentType }: EventPackage): Fault | undefined {
  if (request.header('Accept') === undefined) return undefined
  const types = request.headerValues('Accept').map(value => value.split(';')[0]!.trim().toLowerCase())
  const wildcard = `${contentType.split('/')[0]}/*`
  if (types.some(type => type === contentType || type === wildcard || type === '*/*')) return undefined
  return { status: 406, headers: [['Accept', contentType]] }
}

/** "The Contact header field MUST be present and contain exactly one SIP or SIPS URI" (RFC 3261 §8.1.1.8). */
export function missingContact(request: SipRequest): Fault | undefined {
  const { contacts } = request
  return contacts !== '*' && contacts.length === 1 && contacts[0]!.uri.kind === 'sip' ? undefined : { status: 400 }
}

/** Seconds that are granted, never more than asked for (§4.2.1.1), or the fault. 0: a fetch, or the end. */
export function grantedExpires(request: SipRequest, limits: SubscriptionLimits): number | Fault {
  const value = request.header('Expires')?.trim()
  if (value === undefined) return limits.maximumExpires
  if (!/^\d{1,10}$/.test(value)) return { status: 400 }
  const seconds = Number(value)
  if (seconds > 0 && seconds < limits.minimumExpires) {
    return { status: 423, headers: [['Min-Expires', String(limits.minimumExpires)]] }
  }
  return Math.min(seconds, limits.maximumExpires)
}
