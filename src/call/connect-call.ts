/** An answered call: its record is made durable, then the caller hears of it. In that order, always. */
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Call } from './call.ts'
import type { CallContext } from './context.ts'
import { describeTo } from './description.ts'
import { endCall } from './end-call.ts'
import { bodyText } from './headers.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import { refuseMedia } from './media-path.ts'
import { eventLeg, momentOf, recordOf } from './record.ts'
import { OVERLOADED } from './reply.ts'
import type { RingAnswer } from './ring.ts'

/** Takes the callee that answered into the call. False: the call ended meanwhile, or the record could not be written. */
export async function makeDurable(context: CallContext, call: Call, answer: RingAnswer): Promise<boolean> {
  call.ringTimer?.cancel()
  call.ringTimer = undefined
  call.state = 'answering'
  call.callee = answer.leg
  call.bridge = answer.bridge
  answer.leg.state = 'up'
  const answeredAt = momentOf(call, context.clock)
  try {
    const written = context.recordWriter.answered(recordOf(call, { answeredAt, endedAt: undefined }))
    await (call.emergency ? soon(context, call, written) : written)
  } catch (error) {
    context.logger.error({ call: call.id, detail: String(error) }, 'a call is refused: its record cannot be written')
    const end = { side: 'system', cause: 'system-error', sipCode: 503 } as const
    endCall(context, call, end, { headers: OVERLOADED, reason: 'SIP;cause=503' })
    return false
  }
  if (isOver(call)) return false
  call.answeredAt = answeredAt
  call.answeredMonotonic = context.clock.monotonic()
  answer.connected?.()
  return true
}

/** A call for help is connected whether its record is durable or not; its end is written until it is. */
function soon(context: CallContext, call: Call, written: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = context.clock.schedule(EMERGENCY_PATIENCE_MS, resolve)
  written
    .catch((error: unknown) => {
      context.logger.error(
        { call: call.id, detail: String(error) },
        'an emergency call is connected without its record',
      )
    })
    .finally(() => {
      timer.cancel()
      resolve()
    })
  return promise
}

const EMERGENCY_PATIENCE_MS = 500

/** It may have ended while something was awaited. */
function isOver(call: Call): boolean {
  return call.state === 'ended'
}

/** 200 to the caller. `headers`: of its session timer. */
export async function connectCall(
  context: CallContext,
  call: Call,
  invite: IncomingInvite,
  answer: RingAnswer,
  headers: readonly HeaderPair[],
): Promise<void> {
  // The callee made the offer: its ACK waits for the caller's answer.
  if (invite.request.body.length === 0) call.owesAck = answer.acknowledge
  if (!(await makeDurable(context, call, answer))) return
  call.caller.state = 'up'
  call.state = 'up'
  invite.accept(describeTo(call.caller, answer.sdp), headers)
  publishAnswered(context, call)
}

/** The ACK of the caller's INVITE: with a delayed offer it brings the answer that the callee waits for. */
export async function onCallerAck(context: CallContext, call: Call, ack: SipRequest): Promise<void> {
  const { owesAck, bridge, callee } = call
  if (owesAck === undefined || bridge === undefined || callee === undefined) return
  const sdp = bodyText(ack)
  const outcome = sdp === undefined ? undefined : await bridge.answer('a', sdp)
  if (isOver(call)) return
  if (outcome?.ok === true) {
    call.owesAck = undefined
    call.caller.heard = sdp
    owesAck(describeTo(callee, outcome.sdp))
  } else if (outcome === undefined) {
    endCall(context, call, { side: 'caller', cause: 'protocol-error', sipCode: 400 }, { reason: 'SIP;cause=400' })
  } else {
    refuseMedia(context, call, call.caller, outcome.refusal)
    endCall(context, call, { side: 'caller', cause: 'media-refused', sipCode: 488 }, { reason: 'SIP;cause=488' })
  }
}

export function publishAnswered(context: CallContext, call: Call): void {
  for (const leg of [call.caller, call.callee!]) context.table.noteChanged(leg)
  context.events.publish(
    'call.answered',
    {
      callId: call.id,
      from: call.from,
      to: call.to,
      caller: eventLeg(call, call.caller),
      callee: eventLeg(call, call.callee!),
      setupMs: Math.round(call.answeredMonotonic! - call.startedMonotonic),
    },
    call.organisation.id,
  )
}
