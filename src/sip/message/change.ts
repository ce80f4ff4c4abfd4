/** Changes: each returns a new message that shares everything that did not change, parsed values included. */
import { bodyBytes, headerField } from './build.ts'
import { canonicalName, splitList } from './headers.ts'
import { deriveMessage, deriveRequestUri } from './message.ts'
import type { HeaderField, SipMessage, SipRequest, Uri } from './types.ts'
import { formatUri, parseUri } from './uri.ts'

/** One field of this name with this value, at the place of the first that had the name, or at the end. */
export function withHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  const field = headerField(name, value)
  const headers: HeaderField[] = []
  let placed = false
  for (const other of message.headers) {
    if (!sameName(other.name, field.name)) headers.push(other)
    else if (!placed) {
      headers.push(field)
      placed = true
    }
  }
  if (!placed) headers.push(field)
  return deriveMessage(message, headers, field.name)
}

/** No field of this name. */
export function withoutHeader<M extends SipMessage>(message: M, name: string): M {
  const canonical = canonicalName(name)
  const headers = message.headers.filter(field => !sameName(field.name, canonical))
  return headers.length === message.headers.length ? message : deriveMessage(message, headers, canonical)
}

/** A further field, before all others of its name. */
export function prependHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  const field = headerField(name, value)
  return deriveMessage(message, [field, ...message.headers], field.name)
}

/** Another Request-URI; throws SipParseError later, on use, when a text is none. */
export function withRequestUri(request: SipRequest, uri: Uri | string): SipRequest {
  if (typeof uri !== 'string') return deriveRequestUri(request, uri, formatUri(uri))
  const parsed = parseUri(uri)
  if (parsed === undefined) throw new TypeError('not a URI')
  return deriveRequestUri(request, parsed, uri)
}

/** The first Via value replaced (as for `received` and `rport`, RFC 3261 §18.2.1), the others as they are. */
export function withTopmostVia<M extends SipMessage>(message: M, viaText: string): M {
  return replaceTopmostVia(message, viaText)
}

/** The first Via value removed, as a response loses it on its way back (§16.7). */
export function withoutTopmostVia<M extends SipMessage>(message: M): M {
  return replaceTopmostVia(message, undefined)
}

function replaceTopmostVia<M extends SipMessage>(message: M, viaText: string | undefined): M {
  // An empty field holds no value, so it is not the one that has the topmost.
  const index = message.headers.findIndex(field => field.name === 'Via' && splitList(field.value).length > 0)
  if (index === -1) return message
  const rest = splitList(message.headers[index]!.value).slice(1)
  const values = viaText === undefined ? rest : [viaText, ...rest]
  const headers = message.headers.slice()
  if (values.length === 0) headers.splice(index, 1)
  else headers[index] = headerField('Via', values.join(', '))
  return deriveMessage(message, headers, 'Via')
}

/** Another body and its Content-Type; without a body no Content-Type. */
export function withBody<M extends SipMessage>(message: M, body: string | Uint8Array, contentType: string): M {
  const bytes = bodyBytes(body) ?? new Uint8Array(0)
  const changed =
    bytes.length === 0 ? withoutHeader(message, 'Content-Type') : withHeader(message, 'Content-Type', contentType)
  return deriveMessage(changed, changed.headers, 'Content-Type', bytes)
}

function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase())
}
