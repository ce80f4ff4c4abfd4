/** An offer of ours to one phone in an established dialog, and its answer: for transfers and session refreshes. */
import type { RequestParts } from '../sip/dialog/dialog.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipResponse } from '../sip/message/types.ts'
import { type Leg, otherLeg, sideOf } from './call.ts'
import type { CallContext } from './context.ts'
import { describeTo } from './description.ts'
import { bodyText, DIALOG_HEADERS, SDP_TYPE } from './headers.ts'
import { acknowledge, sendInDialog } from './leg.ts'

export interface InviteAnswer {
  readonly response: SipResponse
  readonly sdp: string | undefined
}

export interface SentInvite {
  /** Resolves with the 2xx, or with the status of the refusal: 408 and 503 where none came. */
  readonly outcome: Promise<InviteAnswer | number>
  cancel(): void
  /** The ACK, with the answer, where the 2xx is not acknowledged by itself; repeated whenever the 2xx is. */
  acknowledge(answer: string | undefined): void
}

export interface InviteOptions {
  /** ACKs the 2xx at once. Default true; without an offer the ACK carries the answer, and the caller sends it. */
  readonly acknowledges?: boolean
  readonly headers?: readonly HeaderPair[]
}

/** A re-INVITE to `leg`, with or without an offer. The 2xx's Contact becomes the leg's target (RFC 3261 §14.1). */
export function sendInvite(
  context: CallContext,
  leg: Leg,
  offer: string | undefined,
  options: InviteOptions = {},
): SentInvite {
  const { promise, resolve } = Promise.withResolvers<InviteAnswer | number>()
  const headers: HeaderPair[] = [...DIALOG_HEADERS, ...(options.headers ?? [])]
  const parts: RequestParts = offer === undefined ? { headers } : { headers, body: offer, contentType: SDP_TYPE }
  let cseq: number | undefined
  let acknowledges = options.acknowledges !== false
  let words: string | undefined
  const transaction = sendInDialog(context, leg, 'INVITE', parts, {
    onFinal(response) {
      if (response.status >= 300) return resolve(response.status)
      const first = cseq === undefined
      cseq = response.cseq.number
      if (first) leg.dialog?.updateTarget(response)
      if (acknowledges) acknowledge(context, leg, cseq, words)
      resolve({ response, sdp: bodyText(response) })
    },
    onFailed: resolve,
  })
  return {
    outcome: promise,
    cancel: () => transaction?.cancel(),
    acknowledge(answer) {
      acknowledges = true
      words = answer
      if (cseq !== undefined) acknowledge(context, leg, cseq, words)
    },
  }
}

/**
 * Offers to `leg` once more what its call is: after a transfer that failed, and as a session refresh. The engine's words for what
 * has not changed are the same, and so is their version. The 2xx, or the status of the refusal.
 */
export async function repeatOffer(
  context: CallContext,
  leg: Leg,
  headers: readonly HeaderPair[] = [],
): Promise<SipResponse | number> {
  const other = otherLeg(leg)
  const { bridge } = leg.call
  if (bridge === undefined || other?.heard === undefined) return 500
  const offered = await bridge.offer(sideOf(other), other.heard)
  if (!offered.ok) return 500
  const answer = await sendInvite(context, leg, describeTo(leg, offered.sdp), { headers }).outcome
  if (typeof answer === 'number' || answer.sdp === undefined) {
    await bridge.rollback()
    return typeof answer === 'number' ? answer : answer.response
  }
  if ((await bridge.answer(sideOf(leg), answer.sdp)).ok) leg.heard = answer.sdp
  return answer.response
}
