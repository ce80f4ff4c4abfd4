/** The one class behind requests and responses: header fields as they came, typed values parsed on first use and kept. */
import { type AuthenticationValue, parseCredentials } from './challenge.ts'
import { parseInteger } from './characters.ts'
import { MAXIMUM_LIST_LENGTH, SipParseError } from './error.ts'
import type { MessageErrorCode } from './errors.ts'
import { isKnownName, isListHeader, parseContentType, parseCSeq, splitList } from './headers.ts'
import { parseNameAddress } from './name-address.ts'
import { safeForLog } from './text.ts'
import type { CSeq, HeaderField, NameAddress, SipMessage, SipRequest, SipResponse, Uri, Via } from './types.ts'
import { parseUri } from './uri.ts'
import { parseVia } from './via.ts'

interface StartLine {
  readonly kind: 'request' | 'response'
  readonly version: string
  readonly method: string
  readonly requestUriText: string
  readonly status: number
  readonly reason: string
}

const NO_BODY = new Uint8Array(0)
const NO_ADDRESSES: readonly NameAddress[] = []
const NO_CREDENTIALS: readonly AuthenticationValue[] = []

class LazyMessage {
  readonly kind: 'request' | 'response'
  readonly version: string
  readonly method: string
  readonly requestUriText: string
  readonly status: number
  readonly reason: string
  readonly headers: readonly HeaderField[]
  readonly body: Uint8Array
  #requestUri: Uri | undefined
  #cseq: CSeq | undefined
  #from: NameAddress | undefined
  #to: NameAddress | undefined
  #vias: readonly Via[] | undefined
  #contacts: readonly NameAddress[] | '*' | undefined
  #routes: readonly NameAddress[] | undefined
  #recordRoutes: readonly NameAddress[] | undefined
  #authorization: readonly AuthenticationValue[] | undefined
  #proxyAuthorization: readonly AuthenticationValue[] | undefined

  constructor(start: StartLine, headers: readonly HeaderField[], body: Uint8Array) {
    this.kind = start.kind
    this.version = start.version
    this.method = start.method
    this.requestUriText = start.requestUriText
    this.status = start.status
    this.reason = start.reason
    this.headers = headers
    this.body = body
  }

  /** The same message with other header fields; what was parsed of headers other than `changed` is kept. */
  derive(headers: readonly HeaderField[], changed: string, body: Uint8Array = this.body): LazyMessage {
    const copy = new LazyMessage(this, headers, body)
    copy.#requestUri = this.#requestUri
    if (changed !== 'CSeq') copy.#cseq = this.#cseq
    if (changed !== 'From') copy.#from = this.#from
    if (changed !== 'To') copy.#to = this.#to
    if (changed !== 'Via') copy.#vias = this.#vias
    if (changed !== 'Contact') copy.#contacts = this.#contacts
    if (changed !== 'Route') copy.#routes = this.#routes
    if (changed !== 'Record-Route') copy.#recordRoutes = this.#recordRoutes
    if (changed !== 'Authorization') copy.#authorization = this.#authorization
    if (changed !== 'Proxy-Authorization') copy.#proxyAuthorization = this.#proxyAuthorization
    return copy
  }

  deriveRequestUri(uri: Uri, text: string): LazyMessage {
    const start: StartLine = { ...startOf(this), requestUriText: text }
    const copy = new LazyMessage(start, this.headers, this.body).derive(this.headers, '')
    copy.#requestUri = uri
    return copy
  }

  header(name: string): string | undefined {
    for (const field of this.headers) if (field.name === name) return field.value
    return isKnownName(name) ? undefined : this.#find(name.toLowerCase())
  }

  #find(lower: string): string | undefined {
    for (const field of this.headers) if (field.name.toLowerCase() === lower) return field.value
    return undefined
  }

  headerValues(name: string): readonly string[] {
    const known = isKnownName(name)
    const lower = known ? name : name.toLowerCase()
    const list = known && isListHeader(name)
    let values: readonly string[] | undefined
    for (const field of this.headers) {
      if (field.name !== name && (known || field.name.toLowerCase() !== lower)) continue
      const more = list ? splitList(field.value) : [field.value]
      values = values === undefined ? more : [...values, ...more]
    }
    return values ?? []
  }

  credentials(name: 'Authorization' | 'Proxy-Authorization'): readonly AuthenticationValue[] {
    if (name === 'Authorization') {
      this.#authorization ??= this.#readCredentials(name)
      return this.#authorization
    }
    this.#proxyAuthorization ??= this.#readCredentials(name)
    return this.#proxyAuthorization
  }

  #readCredentials(name: string): readonly AuthenticationValue[] {
    let read: AuthenticationValue[] | undefined
    for (const field of this.headers) {
      if (field.name !== name) continue
      const value = parseCredentials(field.value)
      if (value === undefined) throw new SipParseError('SIP_PARSE_CREDENTIALS', safeForLog(name))
      read = read === undefined ? [value] : [...read, value]
    }
    return read ?? NO_CREDENTIALS
  }

  #mandatory(name: string): string {
    const value = this.header(name)
    if (value === undefined) throw new SipParseError('SIP_PARSE_MISSING_HEADER', name)
    return value
  }

  #address(name: 'From' | 'To', code: MessageErrorCode): NameAddress {
    const value = this.#mandatory(name)
    const address = parseNameAddress(value)
    if (address === undefined) throw new SipParseError(code, safeForLog(value))
    return address
  }

  #addresses(name: string, code: MessageErrorCode): readonly NameAddress[] {
    const values = this.headerValues(name)
    if (values.length === 0) {
      // A list header that is there but empty is not a list of addresses.
      if (this.header(name) !== undefined) throw new SipParseError(code, `empty ${name}`)
      return NO_ADDRESSES
    }
    if (values.length > MAXIMUM_LIST_LENGTH) throw new SipParseError(code, `${values.length} values`)
    const parsed: NameAddress[] = []
    for (const value of values) {
      const address = parseNameAddress(value)
      if (address === undefined) throw new SipParseError(code, safeForLog(value))
      parsed.push(address)
    }
    return parsed
  }

  get requestUri(): Uri {
    if (this.#requestUri !== undefined) return this.#requestUri
    const uri = parseUri(this.requestUriText)
    if (uri === undefined) throw new SipParseError('SIP_PARSE_REQUEST_URI', safeForLog(this.requestUriText))
    this.#requestUri = uri
    return uri
  }

  get callId(): string {
    return this.#mandatory('Call-ID')
  }

  get cseq(): CSeq {
    if (this.#cseq !== undefined) return this.#cseq
    const value = this.#mandatory('CSeq')
    const cseq = parseCSeq(value)
    if (cseq === undefined) throw new SipParseError('SIP_PARSE_CSEQ', safeForLog(value))
    this.#cseq = cseq
    return cseq
  }

  get from(): NameAddress {
    this.#from ??= this.#address('From', 'SIP_PARSE_FROM')
    return this.#from
  }

  get to(): NameAddress {
    this.#to ??= this.#address('To', 'SIP_PARSE_TO')
    return this.#to
  }

  get fromTag(): string | undefined {
    return this.from.parameters.get('tag')
  }

  get toTag(): string | undefined {
    return this.to.parameters.get('tag')
  }

  get vias(): readonly Via[] {
    if (this.#vias !== undefined) return this.#vias
    const values = this.headerValues('Via')
    if (values.length === 0) throw new SipParseError('SIP_PARSE_MISSING_HEADER', 'Via')
    if (values.length > MAXIMUM_LIST_LENGTH) throw new SipParseError('SIP_PARSE_VIA', `${values.length} values`)
    const vias: Via[] = []
    for (const value of values) {
      const via = parseVia(value)
      if (via === undefined) throw new SipParseError('SIP_PARSE_VIA', safeForLog(value))
      vias.push(via)
    }
    this.#vias = vias
    return vias
  }

  get topmostVia(): Via {
    return this.vias[0]!
  }

  get contacts(): readonly NameAddress[] | '*' {
    if (this.#contacts !== undefined) return this.#contacts
    const values = this.headerValues('Contact')
    this.#contacts = values.length === 1 && values[0] === '*' ? '*' : this.#addresses('Contact', 'SIP_PARSE_CONTACT')
    return this.#contacts
  }

  get routes(): readonly NameAddress[] {
    this.#routes ??= this.#addresses('Route', 'SIP_PARSE_ROUTE')
    return this.#routes
  }

  get recordRoutes(): readonly NameAddress[] {
    this.#recordRoutes ??= this.#addresses('Record-Route', 'SIP_PARSE_ROUTE')
    return this.#recordRoutes
  }

  get contentType(): string | undefined {
    const value = this.header('Content-Type')
    if (value === undefined) return undefined
    const type = parseContentType(value)
    if (type === undefined) throw new SipParseError('SIP_PARSE_CONTENT_TYPE', safeForLog(value))
    return type
  }

  get maxForwards(): number | undefined {
    const value = this.header('Max-Forwards')
    if (value === undefined) return undefined
    const hops = parseInteger(value, 255)
    if (hops === undefined) throw new SipParseError('SIP_PARSE_MAX_FORWARDS', safeForLog(value))
    return hops
  }
}

function startOf(message: StartLine): StartLine {
  const { kind, version, method, requestUriText, status, reason } = message
  return { kind, version, method, requestUriText, status, reason }
}

/** A request out of its parts; nothing is checked. `headers` have canonical names. */
export function createRequest(
  method: string,
  requestUriText: string,
  headers: readonly HeaderField[],
  body: Uint8Array = NO_BODY,
  version = 'SIP/2.0',
): SipRequest {
  const start: StartLine = { kind: 'request', version, method, requestUriText, status: 0, reason: '' }
  return new LazyMessage(start, headers, body) as unknown as SipRequest
}

/** A response out of its parts; nothing is checked. `headers` have canonical names. */
export function createResponse(
  status: number,
  reason: string,
  headers: readonly HeaderField[],
  body: Uint8Array = NO_BODY,
): SipResponse {
  const start: StartLine = { kind: 'response', version: 'SIP/2.0', method: '', requestUriText: '', status, reason }
  return new LazyMessage(start, headers, body) as unknown as SipResponse
}

/** `message` with other header fields, of which only those named `changed` differ. */
export function deriveMessage<M extends SipMessage>(
  message: M,
  headers: readonly HeaderField[],
  changed: string,
  body?: Uint8Array,
): M {
  return (message as unknown as LazyMessage).derive(headers, changed, body) as unknown as M
}

export function deriveRequestUri(request: SipRequest, uri: Uri, text: string): SipRequest {
  return (request as unknown as LazyMessage).deriveRequestUri(uri, text) as unknown as SipRequest
}

/** The version of the start line as sent; `validateRequest` refuses any but SIP/2.0. */
export function versionOf(message: SipMessage): string {
  return (message as unknown as LazyMessage).version
}
