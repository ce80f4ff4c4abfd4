/** Answers to requests that come in. */
import { randomInteger, randomToken } from '../base/random.ts'
import { buildResponse, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { isKnownMethod } from '../sip/message/validate.ts'
import { ALLOW, SDP_TYPE, unknownRequirements, warning } from './headers.ts'
import { RETRY_AFTER_SECONDS } from './options.ts'

/** An answer that makes or changes nothing. A request outside a dialog gets a To tag of its own (RFC 3261 §8.2.6.2). */
export function reply(
  transaction: ServerTransaction,
  status: number,
  headers?: readonly HeaderPair[],
  ownTag?: string,
): void {
  const { request } = transaction
  const toTag = request.toTag === undefined ? (ownTag ?? randomToken(9)) : undefined
  transaction.respond(buildResponse(request, status, undefined, { toTag, headers }))
}

/** The same to a sender who has proved nothing: nothing is kept of it, and nothing repeated (RFC 3261 §8.2.7). */
export function answerStranger(
  context: { readonly authenticator: { challengeTag(request: SipRequest): string } },
  transaction: ServerTransaction,
  status: number,
  headers?: readonly HeaderPair[],
): void {
  const { request } = transaction
  const toTag = request.toTag === undefined ? context.authenticator.challengeTag(request) : undefined
  transaction.respondOnce(buildResponse(request, status, undefined, { toTag, headers }))
}

/** What is wrong with a request, and how that is answered. */
export interface Fault {
  readonly status: number
  readonly headers?: readonly HeaderPair[]
  /** For the To of a request outside a dialog; a fresh one where absent. */
  readonly toTag?: string
}

/** RFC 3261 §14.2: "a Retry-After header field with a randomly chosen value of between 0 and 10 seconds". */
export function tryLater(): HeaderPair {
  return ['Retry-After', String(randomInteger(11))]
}

export const OVERLOADED: readonly HeaderPair[] = [['Retry-After', String(RETRY_AFTER_SECONDS)]]

/** Checks that every request passes which may carry a session description: the first fault, in the order of §8.2. */
export function faultOf(request: SipRequest): Fault | undefined {
  return unknownExtension(request) ?? foreignEncoding(request) ?? foreignContent(request)
}

/** "if a Replaces header field is present in a request other than INVITE": 400 (RFC 3891 §3). */
export function hasForeignReplaces(request: SipRequest): boolean {
  return request.method !== 'INVITE' && request.header('Replaces') !== undefined
}

/** RFC 3261 §8.2.2.3. */
export function unknownExtension(request: SipRequest): Fault | undefined {
  const unknown = unknownRequirements(request)
  return unknown.length === 0 ? undefined : { status: 420, headers: [['Unsupported', unknown.join(', ')]] }
}

function foreignEncoding(request: SipRequest): Fault | undefined {
  const encoding = request.header('Content-Encoding')
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return undefined
  return { status: 415, headers: [['Accept-Encoding', 'identity']] }
}

function foreignContent(request: SipRequest): Fault | undefined {
  if (request.body.length === 0 || request.contentType === SDP_TYPE) return undefined
  return { status: 415, headers: [['Accept', SDP_TYPE]] }
}

/** The caller takes no description (RFC 3261 §20.1), and a call is nothing without one: 406 with what we would have sent. */
export function unacceptableAnswer(request: SipRequest): Fault | undefined {
  if (request.header('Accept') === undefined) return undefined
  const types = request.headerValues('Accept').map(value => value.split(';')[0]!.trim().toLowerCase())
  if (types.some(type => type === SDP_TYPE || type === 'application/*' || type === '*/*')) return undefined
  return {
    status: 406,
    headers: [['Accept', SDP_TYPE], warning('sip', 'a call is answered with application/sdp')],
  }
}

/** A method that we know and do not allow here (RFC 3261 §8.2.1), or one that nobody here knows (§21.5.2). */
export function refusedMethod(method: string): Fault {
  return { status: isKnownMethod(method) ? 405 : 501, headers: [['Allow', ALLOW]] }
}
