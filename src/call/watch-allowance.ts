/** An outside leg that was answered: asked about before its time is over, ended when it is. */
import type { Admission } from './admission.ts'
import { type Allowance, tellAnswered } from './allowance.ts'
import type { Leg } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { endCall } from './end-call.ts'
import { publishRefused } from './new-call.ts'

/** Milliseconds before the end at which more is asked for. */
const AHEAD_MS = 5_000

/** The leg was answered. Time is money from then on, whatever becomes of the answer. */
export function startAllowance(context: CallContext, leg: Leg): void {
  const { allowance } = leg
  if (allowance?.reservation === undefined || !tellAnswered(context, allowance)) return
  watch(context, leg, { allowance, reservation: allowance.reservation })
}

interface Watched {
  readonly allowance: Allowance
  readonly reservation: string
}

function leftOf(context: CallContext, { paidMs, answeredMonotonic }: Allowance): number {
  return (answeredMonotonic ?? 0) + (paidMs ?? Number.POSITIVE_INFINITY) - context.clock.monotonic()
}

function watch(context: CallContext, leg: Leg, watched: Watched): void {
  const { allowance } = watched
  if (allowance.paidMs === undefined || allowance.released) return
  const ahead = Math.max(0, leftOf(context, allowance) - AHEAD_MS)
  allowance.timer = context.clock.schedule(ahead, () => {
    inBackground(context, 'asking whether a call may go on', ask(context, leg, watched))
  })
}

async function ask(context: CallContext, leg: Leg, watched: Watched): Promise<void> {
  const { allowance, reservation } = watched
  // Whatever comes of the question, what is paid for is the limit.
  allowance.timer = context.clock.schedule(Math.max(0, leftOf(context, allowance)), () => end(context, leg, undefined))
  const before = allowance.paidMs ?? 0
  const answer = await context.admission.extend?.(reservation, context.clock.now())
  if (allowance.released || answer === undefined) return
  if (answer.verdict === 'allow' && (answer.paidMs === undefined || answer.paidMs > before)) {
    allowance.timer?.cancel()
    allowance.paidMs = answer.paidMs
    watch(context, leg, watched)
  } else if (answer.verdict === 'refuse') {
    allowance.timer?.cancel()
    allowance.timer = context.clock.schedule(Math.max(0, leftOf(context, allowance)), () => end(context, leg, answer))
  }
}

function end(context: CallContext, leg: Leg, answer: Extract<Admission, { verdict: 'refuse' }> | undefined): void {
  const { call } = leg
  if (call.emergency) return
  const rule = answer?.rule ?? 'CALL_ALLOWANCE_OVER'
  const reason = answer?.reason ?? 'what was paid for is used up'
  publishRefused(context, call, { sipCode: 403, rule, reason })
  endCall(context, call, { side: 'system', cause: 'not-admitted', sipCode: 403 }, { reason: 'SIP;cause=403' })
}
