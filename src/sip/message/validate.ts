/** What has to hold before anybody acts on a message: after this, no typed accessor throws (RFC 3261 §8.2, §16.3). */
import { isToken } from './characters.ts'
import { defaultReason } from './build.ts'
import { SipParseError } from './error.ts'
import { MESSAGE_ERRORS, type MessageErrorCode } from './errors.ts'
import { versionOf } from './message.ts'
import { parseNameAddress } from './name-address.ts'
import { safeForLog } from './text.ts'
import type { HeaderField, SipMessage, SipRequest, SipResponse } from './types.ts'

/** The answer to a request that is not acceptable. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly code: MessageErrorCode
  readonly headers?: readonly (readonly [string, string])[]
}

/** §7.3.1: these are no lists, so a second one makes the message ambiguous. */
const SINGLE: ReadonlySet<string> = new Set(
  (
    'Call-ID Content-Disposition Content-Length Content-Type CSeq Date Event Expires From Max-Forwards MIME-Version Min-Expires Priority RAck ' +
    'Refer-To Referred-By Replaces Reply-To Retry-After RSeq Session-Expires Min-SE SIP-ETag SIP-If-Match Subject ' +
    'Subscription-State Timestamp To'
  ).split(' '),
)
/** Schemes that a Request-URI may have; `tel` and `urn:service:sos` are for routing to judge. */
const SCHEMES: ReadonlySet<string> = new Set(['tel', 'urn'])

const METHODS: ReadonlySet<string> = new Set(
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE'.split(' '),
)

/** One that an RFC defines: what we do not know at all gets 501, not 405 (§21.5.2). Methods are case-sensitive (§7.1). */
export function isKnownMethod(method: string): boolean {
  return METHODS.has(method)
}

/** Undefined when every mandatory header is there, once, and everything typed can be read; else the answer. */
export function validateRequest(request: SipRequest): Refusal | undefined {
  if (versionOf(request).toUpperCase() !== 'SIP/2.0') return refuse('SIP_PARSE_VERSION')
  try {
    return checkRequest(request)
  } catch (error) {
    if (error instanceof SipParseError) return refuse(error.code)
    throw error
  }
}

function checkRequest(request: SipRequest): Refusal | undefined {
  checkShared(request)
  if (request.cseq.method !== request.method) {
    return refuse(METHODS.has(request.method) ? 'SIP_PARSE_CSEQ_METHOD' : 'SIP_PARSE_UNKNOWN_METHOD')
  }
  const branch = request.topmostVia.branch
  if (branch !== undefined && branch.length === 7 && branch.toLowerCase() === 'z9hg4bk')
    return refuse('SIP_PARSE_BRANCH')
  const uri = request.requestUri
  if (uri.kind === 'opaque' && !SCHEMES.has(uri.scheme)) return refuse('SIP_PARSE_URI_SCHEME')
  // Headers in a Request-URI are for forming requests, never part of one (§19.1.1 table 1).
  if (uri.kind === 'sip' && uri.headers !== '') return refuse('SIP_PARSE_REQUEST_URI')
  void request.maxForwards
  return undefined
}

/** The code of what is wrong with a response, which is then dropped (§18.1.2, §8.1.3). */
export function validateResponse(response: SipResponse): string | undefined {
  try {
    checkShared(response)
    return response.vias.length > 1 ? 'SIP_PARSE_RESPONSE_VIAS' : undefined
  } catch (error) {
    if (error instanceof SipParseError) return error.code
    throw error
  }
}

function checkShared(message: SipMessage): void {
  void message.vias
  void message.from
  void message.to
  void message.cseq
  if (message.callId === '') throw new SipParseError('SIP_PARSE_CALL_ID', 'empty')
  if (!isCallId(message.callId)) throw new SipParseError('SIP_PARSE_CALL_ID', safeForLog(message.callId))
  void message.contacts
  void message.recordRoutes
  void message.routes
  void message.credentials('Authorization')
  void message.credentials('Proxy-Authorization')
  const { contentType } = message
  if (message.body.length > 0 && contentType === undefined) {
    throw new SipParseError('SIP_PARSE_CONTENT_TYPE', 'a body without Content-Type (§20.15)')
  }
  checkFields(message.headers)
}

/** `word ["@" word]`: visible ASCII. */
function isCallId(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code > 0x7e || code === 0x2c || code === 0x3b) return false
  }
  return true
}

function checkFields(headers: readonly HeaderField[]): void {
  for (let i = 0; i < headers.length; i++) {
    const { name, value } = headers[i]!
    const rule = FIELD_RULES.get(name)
    if (rule === undefined) continue
    const problem = rule.check?.(value)
    if (problem !== undefined) throw new SipParseError(problem, `${name}: ${safeForLog(value, 80)}`)
    if (!rule.single) continue
    for (let j = i + 1; j < headers.length; j++) {
      if (headers[j]!.name === name) throw new SipParseError('SIP_PARSE_REPEATED_HEADER', name)
    }
  }
}

function checkOptionTags(value: string): MessageErrorCode | undefined {
  if (value === '') return undefined
  for (const tag of value.split(',')) if (!isToken(tag.trim())) return 'SIP_PARSE_OPTION_TAGS'
  return undefined
}

function checkContact(value: string): MessageErrorCode | undefined {
  return parseNameAddress(value) === undefined ? 'SIP_PARSE_CONTACT' : undefined
}

const FIELD_CHECKS: ReadonlyMap<string, (value: string) => MessageErrorCode | undefined> = new Map([
  ['Require', checkOptionTags],
  ['Proxy-Require', checkOptionTags],
  ['Supported', checkOptionTags],
  ['Refer-To', checkContact],
])

/** What is asked of a header field by its name, found at once. */
const FIELD_RULES: ReadonlyMap<
  string,
  { readonly single: boolean; readonly check: ((value: string) => MessageErrorCode | undefined) | undefined }
> = new Map(
  [...new Set([...SINGLE, ...FIELD_CHECKS.keys()])].map(name => [
    name,
    { single: SINGLE.has(name), check: FIELD_CHECKS.get(name) },
  ]),
)

function refuse(code: MessageErrorCode): Refusal {
  const status = MESSAGE_ERRORS[code][0]
  return { status, reason: defaultReason(status), code }
}
