/** An offer of ours to one phone in an established dialog, and its answer: for transfers and session refreshes. */
import { randomInteger } from '../base/random.ts'
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

/** Milliseconds that a phone may think about a re-INVITE: after a provisional answer no timer of RFC 3261 ends it (§17.1.1.2). */
const PATIENCE_MS = 60_000

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
  const patience = context.clock.schedule(PATIENCE_MS, () => transaction?.cancel())
  const transaction = sendInDialog(context, leg, 'INVITE', parts, {
    onFinal(response) {
      patience.cancel()
      if (response.status >= 300) return resolve(response.status)
      const first = cseq === undefined
      cseq = response.cseq.number
      if (first) leg.dialog?.updateTarget(response)
      if (acknowledges) acknowledge(context, leg, cseq, words)
      resolve({ response, sdp: bodyText(response) })
    },
    onFailed(status) {
      patience.cancel()
      resolve(status)
    },
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

/** RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, else 0 to 2 s, in steps of 10 ms. */
export function glareDelay(leg: Leg): number {
  return leg.direction === 'out' ? 2_100 + randomInteger(191) * 10 : randomInteger(201) * 10
}

/** How often a re-INVITE of ours is repeated that met one of the phone's. */
const GLARE_ATTEMPTS = 3

/** The answer to a re-INVITE with this offer; 491 is tried again, as §14.1 says. */
export async function offerTo(
  context: CallContext,
  leg: Leg,
  offer: string,
  headers: readonly HeaderPair[] = [],
): Promise<InviteAnswer | number> {
  for (let attempt = 1; ; attempt++) {
    const answer = await sendInvite(context, leg, offer, { headers }).outcome
    if (answer !== 491 || attempt === GLARE_ATTEMPTS) return answer
    await pause(context, glareDelay(leg))
  }
}

export function pause(context: CallContext, milliseconds: number): Promise<void> {
  return new Promise(resolve => context.clock.schedule(milliseconds, resolve))
}

/**
 * Offers to `leg` once more what its call is: after a transfer that failed, and as a session refresh. The engine's words for what
 * has not changed are the same, and so is their version. The 2xx, or the status of the refusal. The call's exchange is the caller's
 * to hold.
 */
export async function repeatOffer(
  context: CallContext,
  leg: Leg,
  headers: readonly HeaderPair[] = [],
): Promise<SipResponse | number> {
  const other = otherLeg(leg)
  const { call } = leg
  const { bridge } = call
  if (bridge === undefined || other?.heard === undefined) return 500
  try {
    const offered = await bridge.offer(sideOf(other), other.heard)
    if (!offered.ok) return 500
    const answer = await offerTo(context, leg, describeTo(leg, offered.sdp), headers)
    if (typeof answer === 'number' || answer.sdp === undefined) {
      await bridge.rollback()
      return typeof answer === 'number' ? answer : answer.response
    }
    if ((await bridge.answer(sideOf(leg), answer.sdp)).ok) leg.heard = answer.sdp
    return answer.response
  } catch (error) {
    // The bridge closed under it: the call is over.
    if (call.state === 'ended') return 481
    throw error
  }
}
