/** When the layer takes no more requests, and what it says then (RFC 3261 §21.5.4, RFC 5390). */
import { randomInteger, randomToken } from '../../base/random.ts'
import { buildResponse } from '../message/build.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'

/** Seconds. Spread, so that those who were refused together do not come back together. */
const RETRY_AFTER = 5
const SPREAD = 10

/** 503 without a transaction: retransmissions are refused anew. */
export function overloadResponse(request: SipRequest): SipResponse {
  const seconds = RETRY_AFTER + randomInteger(SPREAD)
  return buildResponse(request, 503, undefined, {
    toTag: randomToken(9),
    headers: [['Retry-After', String(seconds)]],
  })
}

/** Requests in a dialog end calls or keep them up: they have a quarter more room than those that bring new work. */
export function limitFor(request: SipRequest, maximumTransactions: number): number {
  return request.toTag === undefined ? maximumTransactions : Math.ceil(maximumTransactions * 1.25)
}
