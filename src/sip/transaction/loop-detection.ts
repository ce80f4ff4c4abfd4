/** Requests that come back to where they were (RFC 3261 §16.3, §16.6 step 8; RFC 5393 §4.2). */
import type { SipRequest } from '../message/types.ts'

/** Max-Forwards for the next hop: `ok: false` says 483 Too Many Hops (§16.3). A request without one counts as 70. */
export function nextMaxForwards(
  request: SipRequest,
): { readonly ok: true; readonly value: number } | { readonly ok: false } {
  const hops = request.maxForwards ?? 70
  return hops === 0 ? { ok: false } : { ok: true, value: hops - 1 }
}

/**
 * What decides how a request is forwarded: two requests with one key would be forwarded alike (RFC 5393 §4.2.1). A server
 * that forwards puts a digest of it into its branch, behind the last `.`.
 */
export function loopKey(request: SipRequest): string {
  const route = request.headerValues('Route').join(',')
  const { number } = request.cseq
  const tags = `${request.fromTag ?? ''}|${request.toTag ?? ''}`
  return `${request.requestUriText}|${tags}|${request.callId}|${number}|${route}|${request.header('Proxy-Require') ?? ''}`
}

/**
 * `loop`: the request passed here before and would take the same way again; `spiral`: it passed here with another target,
 * which is allowed; `new`: it never passed here. `isOurs` says whether a sent-by is this server's; `digest` is the
 * digest of `loopKey(request)` as this server writes it into branches.
 */
export function detectLoop(
  request: SipRequest,
  isOurs: (host: string, port: number | undefined) => boolean,
  digest: string,
): 'new' | 'spiral' | 'loop' {
  let passed = false
  for (const via of request.vias) {
    if (!isOurs(via.host, via.port)) continue
    passed = true
    const branch = via.branch ?? ''
    if (branch.slice(branch.lastIndexOf('.') + 1) === digest) return 'loop'
  }
  return passed ? 'spiral' : 'new'
}
