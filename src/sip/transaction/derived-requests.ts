/** ACK for a refused INVITE and CANCEL, made of the INVITE that they belong to (RFC 3261 §17.1.1.3, §9.1). */
import { buildRequest, type HeaderPair } from '../message/build.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'

/**
 * The ACK for a final response of 300-699: Request-URI, Call-ID, From, CSeq number, topmost Via and Route of the INVITE as
 * sent, To of the response.
 */
export function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  const to = response.header('To') ?? invite.header('To') ?? ''
  return derive('ACK', invite, to, [])
}

/** The CANCEL for an INVITE as sent: the same, with the INVITE's To. `headers` such as Reason (RFC 3326). */
export function cancelFor(invite: SipRequest, headers: readonly HeaderPair[]): SipRequest {
  return derive('CANCEL', invite, invite.header('To') ?? '', headers)
}

function derive(method: 'ACK' | 'CANCEL', invite: SipRequest, to: string, more: readonly HeaderPair[]): SipRequest {
  const headers: HeaderPair[] = [['Via', invite.headerValues('Via')[0] ?? '']]
  for (const value of invite.headerValues('Route')) headers.push(['Route', value])
  headers.push(
    ['Max-Forwards', '70'],
    ['From', invite.header('From') ?? ''],
    ['To', to],
    ['Call-ID', invite.callId],
    ['CSeq', `${invite.cseq.number} ${method}`],
    ...more,
  )
  return buildRequest({ method, uri: invite.requestUriText, headers })
}
