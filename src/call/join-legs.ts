/** Brings a party that is in a call already to another one: over a bridge of their own (RFC 3725 §4.4, with the offers ours). */
import type { MediaBridge, MediaRefusal, Side } from '../media/media-engine.ts'
import type { Call, Exchange, Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { describeTo } from './description.ts'
import { sendInvite } from './reoffer.ts'

/** Held while we re-INVITE the parties of a call: offers of theirs get 491. */
export function lockExchange(call: Call): () => void {
  const exchange: Exchange = { offerer: undefined, abandon() {} }
  call.exchange = exchange
  return () => {
    if (call.exchange === exchange) call.exchange = undefined
  }
}

export interface BroughtIn {
  /** 200, or why not. */
  readonly status: number
  /** The answer for the other side. Where that side was told already, it says the same again: ports, keys and codecs. */
  readonly sdp: string | undefined
  /** The words that were to be offered are at fault. */
  readonly refusal: MediaRefusal | undefined
}

/** Offers `words`, which the other side of the bridge said, to `leg` on `side`. */
export async function bringIn(
  context: CallContext,
  bridge: MediaBridge,
  words: string,
  leg: Leg,
  side: Side,
): Promise<BroughtIn> {
  const offered = await bridge.offer(side === 'a' ? 'b' : 'a', words)
  if (!offered.ok) {
    const { refusal } = offered
    return { status: refusal.reason === 'no-capacity' ? 503 : 488, sdp: undefined, refusal }
  }
  const answer = await sendInvite(context, leg, describeTo(leg, offered.sdp)).outcome
  if (typeof answer === 'number' || answer.sdp === undefined) {
    await bridge.rollback()
    return failed(typeof answer === 'number' ? answer : 488)
  }
  const answered = await bridge.answer(side, answer.sdp)
  if (!answered.ok) return failed(488)
  leg.heard = answer.sdp
  return { status: 200, sdp: answered.sdp, refusal: undefined }
}

function failed(status: number): BroughtIn {
  return { status, sdp: undefined, refusal: undefined }
}
