/** Which targets a request is sent to, in which order. */
import type { SipRequest } from '../message/types.ts'
import type { Target } from '../transport/types.ts'

/** Octets above which a request may not go by UDP where the path's MTU is unknown (RFC 3261 §18.1.1). */
const MAXIMUM_DATAGRAM = 1_300
/** Octets that our own Via and the Content-Length may add. */
const OWN_SHARE = 160
/** Attempts for one request: each may take 32 s. */
const MAXIMUM_TARGETS = 8

/** The targets, at most eight; where a large request would go by UDP, TCP to the same address is tried first. */
export function withoutLargeDatagrams(targets: readonly Target[], request: SipRequest): readonly Target[] {
  const some = targets.slice(0, MAXIMUM_TARGETS)
  if (!some.some(target => target.protocol === 'UDP') || sizeOf(request) <= MAXIMUM_DATAGRAM) return some
  return some.flatMap(target =>
    target.protocol === 'UDP' ? [{ ...target, protocol: 'TCP' as const }, target] : [target],
  )
}

function sizeOf(request: SipRequest): number {
  let octets = request.method.length + request.requestUriText.length + request.body.length + OWN_SHARE
  for (const { name, value } of request.headers) octets += name.length + value.length + 4
  return octets
}
