/** Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3), as the key of a map. */
import { randomToken } from '../../base/random.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'

/** §8.1.1.7: a branch that begins with this is unique by itself. */
const MAGIC_COOKIE = 'z9hG4bK'

/** A branch that nobody can guess: 96 random bits. */
export function newBranch(): string {
  return MAGIC_COOKIE + randomToken(12)
}

/** True when the sender names its transactions as RFC 3261 asks; false for RFC 2543 and for the bare cookie (RFC 4475 §3.1.2.9). */
function hasUniqueBranch(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)
}

/**
 * The key of the server transaction that a request belongs to. `method` is the request's own, `INVITE` for an ACK and for
 * what a CANCEL asks for. Deviation: the source address is part of it, so that nobody else can end or absorb a request
 * whose branch he knows.
 */
export function serverKey(request: SipRequest, method: string, remoteAddress: string): string {
  const via = request.topmostVia
  if (hasUniqueBranch(via.branch)) return `${via.branch}|${via.host}:${via.port ?? ''}|${method}|${remoteAddress}`
  // RFC 2543: Request-URI, From tag, Call-ID, CSeq number and topmost Via; the To tag is compared where it is known.
  const toTag = method === 'INVITE' ? '' : (request.toTag ?? '')
  const first = request.headerValues('Via')[0] ?? ''
  return `${first}|${request.callId}|${request.cseq.number}|${request.fromTag ?? ''}|${toTag}|${request.requestUriText}|${method}|${remoteAddress}`
}

/**
 * Whether the To tag of an ACK allows it to belong to an INVITE that was answered with `responseToTag` (§17.2.3). For RFC 3261
 * clients the branch has decided.
 */
export function ackMatches(ack: SipRequest, responseToTag: string | undefined): boolean {
  return hasUniqueBranch(ack.topmostVia.branch) || ack.toTag === responseToTag
}

/** Key of the client transaction that a response belongs to: our branch, and the method (a CANCEL shares its INVITE's branch). */
export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`
}

/** Undefined when the response cannot be one to us. */
export function responseKey(response: SipResponse): string | undefined {
  const { branch } = response.topmostVia
  return branch === undefined ? undefined : clientKey(branch, response.cseq.method)
}

/** What two copies of one request share that came by different ways (§8.2.2.2). Undefined inside a dialog. */
export function mergedKey(request: SipRequest): string | undefined {
  if (request.toTag !== undefined) return undefined
  const { number, method } = request.cseq
  return `${request.callId}|${request.fromTag ?? ''}|${number}|${method}`
}
