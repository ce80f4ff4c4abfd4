/** A call that begins to ring: its hunt, its limit of time, and the answer to whoever called. */
import type { SessionAnswer } from '../sip/dialog/session-timer.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { Refusal } from './best-response.ts'
import { breadthOf, DEFAULT_BREADTH } from './breadth.ts'
import type { Call } from './call.ts'
import { connectCall } from './connect-call.ts'
import { type CallContext, inBackground } from './context.ts'
import { describeTo } from './description.ts'
import { endCall } from './end-call.ts'
import { CALL_RULES, type CallRule } from './errors.ts'
import { crossingHeaders } from './passing/may-cross.ts'
import { hunt, type Steps } from './hunt.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import { publishRefused } from './new-call.ts'
import { addressOf } from './party.ts'
import { recordOf } from './record.ts'
import { OVERLOADED } from './reply.ts'
import type { RingAnswer } from './ring.ts'
import { watchSession } from './session.ts'

export type AcceptedSession = Extract<SessionAnswer, { kind: 'accepted' }>

export interface Placing {
  readonly call: Call
  readonly invite: IncomingInvite
  readonly session: AcceptedSession
  readonly steps: Steps
  /** Value of To for our phones. */
  readonly to: string
  /** Told once, before the call ends or is connected. */
  onOutcome?(outcome: 'answered' | Refusal): void
}

export function placeCall(context: CallContext, placing: Placing): void {
  const { call, invite, session, steps, to } = placing
  const { request } = invite
  let told = false
  call.ringing = hunt(
    context,
    {
      call,
      steps,
      caller: call.caller,
      from: addressOf(call.caller.party, call.organisation),
      to,
      // "the B2BUA … decremented": what we send out and comes back has an end (RFC 3261 §16.6 step 3).
      maxForwards: Math.min(request.maxForwards ?? 70, 70) - 1,
      breadth: breadthOf(request) ?? DEFAULT_BREADTH,
      // A stranger's words are not shown.
      headers: call.caller.party.extension === undefined ? [] : crossingHeaders(request),
      offer: call.caller.heard,
    },
    {
      stepped(legs) {
        call.rung = legs
        if (!told) context.recordWriter.started(recordOf(call, { answeredAt: undefined, endedAt: undefined }))
        told = true
        context.events.publish('call.ringing', { callId: call.id, devices: legs.length }, call.organisation.id)
      },
      progress: (status, sdp) => invite.progress(status, sdp === undefined ? undefined : describeTo(call.caller, sdp)),
      answered(answer) {
        placing.onOutcome?.('answered')
        inBackground(context, 'connecting a call', connect(context, call, invite, answer, session))
      },
      failed(refusal) {
        placing.onOutcome?.(refusal)
        endUnanswered(context, call, refusal)
      },
    },
  )
  // Whoever calls for help waits as long as they like.
  if (call.emergency) return
  call.ringTimer = context.clock.schedule(context.limits.ringTimeMs, () => {
    const end = { side: 'callee', cause: 'no-answer', sipCode: 480 } as const
    endCall(context, call, end, { reason: 'SIP;cause=480' })
  })
}

async function connect(
  context: CallContext,
  call: Call,
  invite: IncomingInvite,
  answer: RingAnswer,
  session: AcceptedSession,
): Promise<void> {
  const headers: HeaderPair[] = session.headers.filter(([name]) => name !== 'Supported')
  await connectCall(context, call, invite, answer, headers)
  if (call.state === 'up') watchSession(context, call.caller, session, 'uas')
}

/** Nobody took it: the best of what was said. */
function endUnanswered(context: CallContext, call: Call, { status, cause, side = 'callee', headers }: Refusal): void {
  endCall(context, call, { side, cause, sipCode: status }, headers === undefined ? {} : { headers })
}

const RULE_CAUSES = {
  CALL_UNKNOWN_DESTINATION: 'unknown-destination',
  CALL_UNKNOWN_NUMBER: 'unknown-destination',
  CALL_LOOP: 'loop',
  CALL_OVERLOAD: 'overload',
  CALL_TRUNK_LIMIT: 'overload',
  CALL_ANONYMOUS: 'declined',
} as const satisfies Partial<Record<CallRule, string>>

/** A call that is refused by a rule of ours. */
export function refuseCall(context: CallContext, call: Call, rule: keyof typeof RULE_CAUSES): void {
  const { status, reason } = CALL_RULES[rule]
  publishRefused(context, call, { sipCode: status, rule, reason })
  const end = { side: 'system', cause: RULE_CAUSES[rule], sipCode: status } as const
  endCall(context, call, end, status === 503 ? { headers: OVERLOADED } : {})
}
