/** The one way in which calls end: every leg is told, everything is released, one cause is written down. */
import type { HeaderPair } from '../sip/message/build.ts'
import type { Call, Leg } from './call.ts'
import type { CallEnd } from './call-record.ts'
import type { CallContext } from './context.ts'
import { releaseLeg, sayGoodbye } from './leg.ts'
import { closeBridge } from './media-path.ts'
import { eventLeg, eventQuality, momentOf, recordOf } from './record.ts'

export interface EndDetails {
  /** The caller's answer where the call was not answered yet. Default: the end's `sipCode`. */
  readonly status?: number
  readonly headers?: readonly HeaderPair[]
  /** Reason of the BYEs and CANCELs (RFC 3326). */
  readonly reason?: string | undefined
}

/** Idempotent: the first end counts. Legs that a transfer took elsewhere are left alone. */
export function endCall(context: CallContext, call: Call, end: CallEnd, details: EndDetails = {}): void {
  if (call.state === 'ended') return
  call.state = 'ended'
  call.end = end
  forgetParked(context, call)
  call.ringTimer?.cancel()
  call.ringTimer = undefined
  call.exchange?.abandon()
  call.transfer?.abandon()
  call.ringing?.cancel(details.reason)
  call.owesAck?.(undefined)
  call.owesAck = undefined
  for (const leg of [call.caller, call.callee]) {
    if (leg !== undefined && leg.call === call) dismissLeg(context, leg, end, details)
  }
  context.table.removeCall(call)
  const finished = finish(context, call, momentOf(call, context.clock)).catch((error: unknown) => {
    context.logger.error({ call: call.id, detail: String(error) }, 'the end of a call was not reported')
  })
  context.closing.add(finished)
  void finished.then(() => {
    context.closing.delete(finished)
    context.onFinished()
  })
}

function forgetParked({ parked }: CallContext, call: Call): void {
  if (call.parked === undefined) return
  call.parked.timer.cancel()
  for (const [key, each] of parked) if (each === call) parked.delete(key)
  call.parked = undefined
}

function dismissLeg(context: CallContext, leg: Leg, end: CallEnd, { status, headers, reason }: EndDetails): void {
  const { invite } = leg
  if (leg.state === 'ringing' && invite !== undefined && !invite.answered) {
    invite.refuse(status ?? end.sipCode, headers)
    releaseLeg(context, leg)
  } else {
    sayGoodbye(context, leg, reason)
  }
}

function noteTalked({ table, clock }: CallContext, call: Call): void {
  if (call.answeredAt === undefined) return
  for (const leg of [call.caller, call.callee]) {
    const extensionId = leg?.party.extensionId
    if (extensionId !== undefined) table.noteTalked(extensionId, clock.monotonic())
  }
}

async function finish(context: CallContext, call: Call, endedAt: number): Promise<void> {
  const { bridge, end, organisation } = call
  noteTalked(context, call)
  const answered = call.answeredMonotonic
  const durationMs = answered === undefined ? 0 : context.clock.monotonic() - answered
  if (bridge !== undefined) call.lastReport = (await closeBridge(context, bridge)) ?? call.lastReport
  context.recordWriter.ended(recordOf(call, { answeredAt: call.answeredAt, endedAt }))
  const report = call.answeredAt === undefined ? undefined : call.lastReport
  context.events.publish(
    'call.ended',
    {
      callId: call.id,
      from: call.from,
      to: call.to,
      side: end!.side,
      cause: end!.cause,
      sipCode: end!.sipCode,
      durationMs: Math.round(durationMs),
      caller: eventLeg(call, call.caller),
      callee: call.callee === undefined ? undefined : eventLeg(call, call.callee),
      callerQuality: report === undefined ? undefined : eventQuality(report.a),
      calleeQuality: report === undefined ? undefined : eventQuality(report.b),
    },
    organisation.id,
  )
}
