/** What a REGISTER asks for, read once: contacts, expiry, outbound and Path (RFC 3261 §10.2, RFC 3327, RFC 5626). */
import { parseInteger } from '../sip/message/characters.ts'
import type { NameAddress, SipRequest, SipUri } from '../sip/message/types.ts'
import { formatUri } from '../sip/message/uri.ts'
import type { RegistrarLimits } from './options.ts'

/** A refusal with its headers. */
export interface Refusal {
  readonly status: number
  readonly reason?: string
  readonly headers?: readonly (readonly [string, string])[]
  /** A fresh one where absent. */
  readonly toTag?: string
}

export interface RequestedContact {
  readonly uri: SipUri
  /** As the phone wrote it, URI headers included: they are its to read back, and never put into our requests (§19.1.5). */
  readonly text: string
  /** Seconds, within the limits; 0 removes. */
  readonly expires: number
  readonly q: number
  readonly instanceId: string | undefined
  readonly regId: number | undefined
}

export interface Registration {
  readonly contacts: readonly RequestedContact[] | 'remove-all'
  readonly path: readonly string[]
  readonly supportsPath: boolean
  /** The registration uses outbound (RFC 5626 §6). */
  readonly outbound: boolean
}

const SUPPORTED: ReadonlySet<string> = new Set(['path', 'outbound'])
const MAXIMUM_CONTACT_LENGTH = 512
const MAXIMUM_PATH = 10

export function readRegistration(request: SipRequest, limits: RegistrarLimits): Registration | Refusal {
  const unsupported = request.headerValues('Require').filter(tag => !SUPPORTED.has(tag.toLowerCase()))
  if (unsupported.length > 0) return { status: 420, headers: [['Unsupported', unsupported.join(', ')]] }
  const supported = request.headerValues('Supported').map(tag => tag.toLowerCase())
  const path = request.headerValues('Path')
  const supportsPath = supported.includes('path')
  // RFC 3327 §5.3 leaves it to the registrar's policy whether a path is kept that the phone did not ask to hear of. It is: few
  // phones announce `path`, and a proxy in front is of no use without it. It is echoed only to those that do.
  if (path.length > MAXIMUM_PATH) return { status: 400, reason: 'Path Too Long' }
  const contacts = readContacts(request, limits)
  if (contacts === 'remove-all') return { contacts, path, supportsPath, outbound: false }
  if ('status' in contacts) return contacts
  const flows = contacts.filter(contact => contact.regId !== undefined && contact.instanceId !== undefined)
  const outbound = flows.length > 0 && supported.includes('outbound')
  if (!outbound) return { contacts: contacts.map(withoutFlow), path, supportsPath, outbound }
  // RFC 5626 §6: one flow a registration, and the first hop has to be an edge that keeps flows.
  if (contacts.filter(contact => contact.expires > 0).length > 1) return { status: 400, reason: 'One Flow Each' }
  if (request.vias.length > 1 && !firstHopKeepsFlows(path)) return { status: 439 }
  return { contacts, path, supportsPath, outbound }
}

function withoutFlow(contact: RequestedContact): RequestedContact {
  return contact.regId === undefined ? contact : { ...contact, regId: undefined }
}

/** The edge proxy's Path value, the last one, has the `ob` parameter (RFC 5626 §5.1). */
function firstHopKeepsFlows(path: readonly string[]): boolean {
  return path.length > 0 && /;ob[;>]/i.test(path[path.length - 1]!)
}

function readContacts(
  request: SipRequest,
  limits: RegistrarLimits,
): readonly RequestedContact[] | 'remove-all' | Refusal {
  const header = request.header('Expires')
  const requested = header === undefined ? undefined : readSeconds(header)
  const contacts = request.contacts
  if (contacts === '*') {
    // §10.3 step 6: alone, and with Expires 0.
    return requested === 0 ? 'remove-all' : { status: 400, reason: 'Contact * Needs Expires 0' }
  }
  if (contacts.length > limits.bindingsPerDevice) return { status: 400, reason: 'Too Many Contacts' }
  const read: RequestedContact[] = []
  for (const contact of contacts) {
    const one = readContact(contact, requested, limits)
    if ('status' in one) return one
    read.push(one)
  }
  return read
}

function readContact(
  contact: NameAddress,
  requested: number | undefined,
  limits: RegistrarLimits,
): RequestedContact | Refusal {
  const { uri, parameters } = contact
  if (uri.kind !== 'sip') return { status: 400, reason: 'Contact Is No SIP URI' }
  const own = parameters.get('expires')
  const wanted = (own === undefined ? requested : readSeconds(own)) ?? limits.defaultExpires
  if (wanted > 0 && wanted < limits.minimumExpires) {
    return { status: 423, headers: [['Min-Expires', String(limits.minimumExpires)]] }
  }
  const text = formatUri(uri)
  if (text.length > MAXIMUM_CONTACT_LENGTH) return { status: 400, reason: 'Contact Too Long' }
  const instanceId = parameters.get('+sip.instance')
  if (instanceId !== undefined && instanceId.length > 200) return { status: 400, reason: 'Instance Too Long' }
  const regId = parameters.get('reg-id')
  return {
    uri,
    text,
    expires: Math.min(wanted, limits.maximumExpires),
    q: readQuality(parameters.get('q')),
    instanceId,
    regId: regId === undefined ? undefined : parseInteger(regId, 0x7fff_ffff),
  }
}

/** Seconds; what is malformed or absurd counts as an hour (§10.2.1.1, §20.19). */
function readSeconds(text: string): number {
  return parseInteger(text.trim(), 0xffff_ffff) ?? 3_600
}

/** `q` in thousandths (§25.1 qvalue); 1000 where it is absent or malformed. */
function readQuality(text: string | undefined): number {
  if (text === undefined || !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text)) return 1_000
  return Math.round(Number(text) * 1_000)
}
