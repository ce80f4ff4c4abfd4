/** Brings a party that is in a call already to another one: over a bridge of their own (RFC 3725 §4.4, with the offers ours). */
import type { MediaBridge, MediaRefusal, Side } from '../media/media-engine.ts'
import { type Call, type Exchange, type Leg, negotiates } from './call.ts'
import type { CallContext } from './context.ts'
import { describeTo } from './description.ts'
import { offerTo, pause } from './reoffer.ts'

/** Held while we re-INVITE the parties of a call: offers of theirs get 491. */
export function lockExchange(call: Call): () => void {
  const exchange: Exchange = { offerer: undefined, abandon() {} }
  call.exchange = exchange
  return () => {
    if (call.exchange === exchange) call.exchange = undefined
  }
}

/** Milliseconds that a transfer waits for the parties to finish what they negotiate. */
const PATIENCE_MS = 10_000
const LOOK_MS = 200

/** The lock, once nothing else is under way; undefined when the call ends before, or does not come to rest. */
export async function lockWhenIdle(context: CallContext, call: Call): Promise<(() => void) | undefined> {
  for (let waited = 0; negotiates(call); waited += LOOK_MS) {
    if (waited >= PATIENCE_MS) return undefined
    await pause(context, LOOK_MS)
  }
  return call.state === 'up' ? lockExchange(call) : undefined
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
  const answer = await offerTo(context, leg, describeTo(leg, offered.sdp))
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

/** What it means that bringing parties together threw: a bridge that closed because the new call ended is no fault of ours. */
export function faultStatus(context: CallContext, call: Call, error: unknown): number {
  if (call.state === 'ended') return 487
  context.logger.error({ call: call.id, detail: String(error) }, 'a transfer failed')
  return 500
}
