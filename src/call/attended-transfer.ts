/** Attended transfer: two calls of one phone become one call of the two others (RFC 3891, RFC 5589 §7). */
import { type Call, endSideOf, type Leg, negotiates, otherLeg, type Transfer, type TransferOrder } from './call.ts'
import type { CallContext } from './context.ts'
import { publishAnswered } from './connect-call.ts'
import { resumed } from './description.ts'
import { endCall } from './end-call.ts'
import { bringIn, faultStatus, lockExchange } from './join-legs.ts'
import { openBridge } from './media-path.ts'
import { createCall, publishStarted, publishTransferred } from './new-call.ts'
import { momentOf, recordOf } from './record.ts'
import type { ReferSubscription } from './refer-subscription.ts'
import { repeatOffer } from './reoffer.ts'

/** `consulted` is the transferor's leg in its second call. Resolves when it is done or has failed; both calls go on if it failed. */
export async function attendedTransfer(
  context: CallContext,
  { transferor, transferee }: TransferOrder,
  consulted: Leg,
  subscription: ReferSubscription,
): Promise<void> {
  const first = transferor.call
  const second = consulted.call
  const target = otherLeg(consulted)
  if (target === undefined || negotiates(second)) return subscription.finish(491)
  const transfer = holdBoth(first, second, transferor, transferee, consulted)
  const call = createCall(context, {
    organisation: first.organisation,
    from: transferee.party.number,
    to: target.party.number,
    caller: () => transferee,
    transferredFrom: first.id,
  })
  call.callee = target
  publishStarted(context, call)
  const unlock = [lockExchange(first), lockExchange(second)]
  const moved = { target: false }
  const status = await connect(context, call, transferee, target, moved).catch(error =>
    faultStatus(context, call, error),
  )
  if (status !== 200 || transfer.lost) {
    first.transfer = undefined
    second.transfer = undefined
    await undo(context, call, status === 200 ? [transferee, target] : moved.target ? [target] : [], status)
    for (const release of unlock) release()
    void subscription.finish(status === 200 ? 487 : status)
    endIfAlone(context, first, transferor)
    endIfAlone(context, second, consulted)
    return
  }
  for (const release of unlock) release()
  transferee.call = call
  target.call = call
  call.state = 'up'
  publishAnswered(context, call)
  publishTransferred(context, first, call, { by: transferor.party.number, attended: true })
  await subscription.finish(200)
  endCall(context, first, { side: endSideOf(transferor), cause: 'transferred', sipCode: 200 })
  endCall(context, second, { side: endSideOf(consulted), cause: 'transferred', sipCode: 200 })
}

interface Held extends Transfer {
  /** One of the two that were to talk hung up. */
  readonly lost: boolean
}

function holdBoth(first: Call, second: Call, transferor: Leg, transferee: Leg, consulted: Leg): Held {
  let lost = false
  const transfer: Held = {
    transferor,
    transferee,
    get lost() {
      return lost
    },
    onGone(leg) {
      // The one that transfers may leave early, on either call.
      if (leg === transferor || leg === consulted) return true
      lost = true
      return false
    },
    abandon() {
      lost = true
    },
  }
  first.transfer = transfer
  second.transfer = transfer
  return transfer
}

async function connect(
  context: CallContext,
  call: Call,
  transferee: Leg,
  target: Leg,
  moved: { target: boolean },
): Promise<number> {
  const bridge = await openBridge(context, call, transferee, target)
  if (bridge === undefined) return 487
  call.bridge = bridge
  call.state = 'answering'
  const answeredAt = momentOf(call, context.clock)
  // No call is connected before its record is durable.
  try {
    await context.recordWriter.answered(recordOf(call, { answeredAt, endedAt: undefined }))
  } catch {
    return 503
  }
  const { status: reached } = await bringIn(context, bridge, resumed(transferee.heard ?? ''), target, 'b')
  if (reached !== 200) return reached
  moved.target = true
  const { status: joined } = await bringIn(context, bridge, target.heard!, transferee, 'a')
  if (joined !== 200) return joined
  call.answeredAt = answeredAt
  call.answeredMonotonic = context.clock.monotonic()
  return 200
}

/** The new call ends before it began; who had moved to it is brought back. */
async function undo(context: CallContext, call: Call, moved: readonly Leg[], status: number): Promise<void> {
  const cause = status === 488 ? 'media-refused' : status === 503 ? 'system-error' : 'protocol-error'
  endCall(context, call, { side: 'system', cause, sipCode: status === 200 ? 487 : status })
  for (const leg of moved) {
    if (leg.state !== 'up' || leg.call.state !== 'up') continue
    await repeatOffer(context, leg).catch((error: unknown) => {
      context.logger.warn({ call: leg.call.id, detail: String(error) }, 'a party was not brought back')
    })
  }
}

function endIfAlone(context: CallContext, call: Call, transferor: Leg): void {
  if (transferor.state !== 'gone') return
  endCall(context, call, { side: endSideOf(transferor), cause: 'normal', sipCode: 200 })
}
