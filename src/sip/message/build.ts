/** New messages: requests out of parts, responses out of the request that they answer (RFC 3261 §8.1.1, §8.2.6). */
import { canonicalName } from './headers.ts'
import { createRequest, createResponse } from './message.ts'
import { parseNameAddress } from './name-address.ts'
import { encodeText } from './text.ts'
import type { HeaderField, SipRequest, SipResponse, Uri } from './types.ts'
import { formatUri } from './uri.ts'

export type HeaderPair = readonly [name: string, value: string]

/** CR and LF end a line; a character beyond one octet would be cut to one, and `Ċ` (U+010A) would become an LF. */
const UNSAFE = /[\r\n\u0100-\uffff]/

/** Text that is safe in a head: a byte string on one line. Unicode is encoded, CR and LF become a space. */
function safeText(text: string): string {
  return UNSAFE.test(text) ? encodeText(text).replace(/[\r\n]+/g, ' ') : text
}

/** A header field with its canonical name; its value can never begin another line. */
export function headerField(name: string, value: string): HeaderField {
  return { name: canonicalName(name), value: safeText(value) }
}

/** Text becomes UTF-8. */
export function bodyBytes(body: string | Uint8Array | undefined): Uint8Array | undefined {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body
}

/** A request. `headers` in the order given, values byte strings; Via is the transaction layer's to add. */
export function buildRequest(parts: {
  readonly method: string
  readonly uri: Uri | string
  readonly headers: readonly HeaderPair[]
  readonly body?: string | Uint8Array | undefined
  readonly contentType?: string | undefined
}): SipRequest {
  const headers = parts.headers.map(([name, value]) => headerField(name, value))
  if (parts.contentType !== undefined) headers.push(headerField('Content-Type', parts.contentType))
  const uri = typeof parts.uri === 'string' ? safeText(parts.uri) : formatUri(parts.uri)
  return createRequest(parts.method, uri, headers, bodyBytes(parts.body))
}

/** Requests whose 1xx and 2xx make a dialog, so that Record-Route is copied (§12.1.1, RFC 6665, RFC 3515). */
const DIALOG_FORMING: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER'])

/**
 * The response to a request (§8.2.6.2): Via, From, To, Call-ID and CSeq as they came. `toTag` is added to a To that has no tag,
 * and never to a 100. It works on requests that `validateRequest` refused, too.
 */
export function buildResponse(
  request: SipRequest,
  status: number,
  reason: string = defaultReason(status),
  parts: {
    readonly toTag?: string | undefined
    readonly headers?: readonly HeaderPair[] | undefined
    readonly body?: string | Uint8Array | undefined
    readonly contentType?: string | undefined
  } = {},
): SipResponse {
  const recordRoute = status > 100 && status < 300 && DIALOG_FORMING.has(request.method)
  const headers: HeaderField[] = []
  const has = { From: false, To: false, 'Call-ID': false, CSeq: false }
  for (const field of request.headers) {
    switch (field.name) {
      case 'Via':
        headers.push(field)
        break
      case 'From':
      case 'To':
      case 'Call-ID':
      case 'CSeq':
        // A refused request may have several: one is echoed.
        if (has[field.name]) break
        has[field.name] = true
        headers.push(
          field.name === 'To' && status > 100 && parts.toTag !== undefined ? tagged(field, parts.toTag) : field,
        )
        break
      case 'Record-Route':
        if (recordRoute) headers.push(field)
        break
      case 'Timestamp':
        // §8.2.6.1
        if (status === 100) headers.push(field)
        break
    }
  }
  if (parts.headers !== undefined) for (const [name, value] of parts.headers) headers.push(headerField(name, value))
  if (parts.contentType !== undefined) headers.push(headerField('Content-Type', parts.contentType))
  return createResponse(status, safeText(reason), headers, bodyBytes(parts.body))
}

function tagged(to: HeaderField, tag: string): HeaderField {
  const address = parseNameAddress(to.value)
  const present = address === undefined ? /;[ \t]*tag[ \t]*=/i.test(to.value) : address.parameters.has('tag')
  return present ? to : { name: 'To', value: `${to.value};tag=${tag}` }
}

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  199: 'Early Dialog Terminated',
  200: 'OK',
  202: 'Accepted',
  204: 'No Notification',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  305: 'Use Proxy',
  380: 'Alternative Service',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  412: 'Conditional Request Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  417: 'Unknown Resource-Priority',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  424: 'Bad Location Information',
  428: 'Use Identity Header',
  429: 'Provide Referrer Identity',
  430: 'Flow Failed',
  433: 'Anonymity Disallowed',
  436: 'Bad Identity Info',
  437: 'Unsupported Credential',
  438: 'Invalid Identity Header',
  439: 'First Hop Lacks Outbound Support',
  440: 'Max-Breadth Exceeded',
  469: 'Bad Info Package',
  470: 'Consent Needed',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  485: 'Ambiguous',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  493: 'Undecipherable',
  494: 'Security Agreement Required',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  555: 'Push Notification Service Not Supported',
  580: 'Precondition Failure',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
  607: 'Unwanted',
  608: 'Rejected',
}
const CLASS_REASONS = ['Session Progress', 'OK', 'Redirection', 'Request Failure', 'Server Failure', 'Global Failure']

/** The registered reason phrase; for an unregistered status the phrase of its class. */
export function defaultReason(status: number): string {
  return REASONS[status] ?? CLASS_REASONS[Math.floor(status / 100) - 1] ?? 'Unknown'
}
