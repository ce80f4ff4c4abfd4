/** What names a dialog at each of its ends (RFC 3261 §12): Call-ID, our tag, the peer's tag. */
import type { SipRequest, SipResponse } from '../message/types.ts'

/** Peers of RFC 2543 have no tag; its value is then empty (§12.1.1). */
export function dialogId(callId: string, localTag: string, remoteTag: string): string {
  return `${callId};${localTag};${remoteTag}`
}

/** The dialog that a request from the peer belongs to; its To tag is ours (§12.2.2). */
export function dialogIdOfRequest(request: SipRequest): string {
  return dialogId(request.callId, request.toTag ?? '', request.fromTag ?? '')
}

/** The dialog that a response to a request of ours belongs to; its From tag is ours. */
export function dialogIdOfResponse(response: SipResponse): string {
  return dialogId(response.callId, response.fromTag ?? '', response.toTag ?? '')
}
