/** The header fields that we write ourselves: nothing of one leg's own headers reaches the other. */
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipMessage, SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { CallServiceOptions } from './options.ts'

export const SDP_TYPE = 'application/sdp'
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, PRACK'
export const SUPPORTED = '100rel, timer, replaces, norefersub'
const UNDERSTOOD: ReadonlySet<string> = new Set(['100rel', 'timer', 'replaces', 'norefersub'])

function uriHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** The address by which the phone on this flow reaches us. */
export function hostFor(flow: Flow, options: Pick<CallServiceOptions, 'externalAddress' | 'reachableAddress'>): string {
  if (options.externalAddress !== undefined) return options.externalAddress
  return WILDCARDS.has(flow.localAddress) ? (options.reachableAddress ?? '127.0.0.1') : flow.localAddress
}

/** The value of our Contact on this flow: the node and its port, no user, so that it says nothing of the other party. */
export function contactFor(
  flow: Flow,
  secure: boolean,
  options: Pick<CallServiceOptions, 'externalAddress' | 'reachableAddress' | 'portOf'>,
): string {
  const host = hostFor(flow, options)
  const port = options.portOf?.(flow) ?? flow.localPort
  const scheme = secure && flow.secure ? 'sips' : 'sip'
  const transport = flow.protocol === 'WSS' ? 'ws' : flow.protocol.toLowerCase()
  return `<${scheme}:${uriHost(host)}:${port};transport=${transport}>`
}

/** Headers of an INVITE, and of a 2xx to one. */
export const DIALOG_HEADERS: readonly HeaderPair[] = [
  ['Allow', ALLOW],
  ['Supported', SUPPORTED],
]

/** What we are able to do, for who asks (RFC 3261 §11.2). */
export const CAPABILITIES: readonly HeaderPair[] = [
  ['Accept', SDP_TYPE],
  ['Accept-Encoding', 'identity'],
  ['Accept-Language', 'en'],
  ...DIALOG_HEADERS,
]

/** Option tags of Require and Proxy-Require that we do not know (RFC 3261 §8.2.2.3; §16.3 step 5: we stand where a proxy would). */
export function unknownRequirements(request: SipRequest): readonly string[] {
  return [...unknownTags(request, 'Require'), ...unknownTags(request, 'Proxy-Require')]
}

function unknownTags(request: SipRequest, name: string): readonly string[] {
  if (request.header(name) === undefined) return []
  return request.headerValues(name).filter(tag => !UNDERSTOOD.has(tag.toLowerCase()))
}

export function hasOption(message: SipMessage, header: 'Require' | 'Supported', tag: string): boolean {
  if (message.header(header) === undefined) return false
  return message.headerValues(header).some(value => value.toLowerCase() === tag)
}

export function allowedMethods(message: SipMessage): ReadonlySet<string> | undefined {
  return message.header('Allow') === undefined ? undefined : new Set(message.headerValues('Allow'))
}

/** `Warning: 399 host "text"` (RFC 3261 §20.43): what a person should change on the phone. */
export function warning(host: string, text: string): HeaderPair {
  const plain = text.replace(/[^\x20-\x7e]/g, ' ').replace(/["\\]/g, "'")
  return ['Warning', `399 ${uriHost(host)} "${plain}"`]
}

/** The body as text; undefined when there is none. */
export function bodyText(message: SipMessage): string | undefined {
  const { body } = message
  return body.length === 0 ? undefined : Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')
}
