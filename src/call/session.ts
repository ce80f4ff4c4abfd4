/** Session timers of a leg (RFC 4028): refreshed by us where it is our turn, and the call ended where nobody does. */
import {
  afterTooSmall,
  refreshSent,
  type Refresher,
  type SessionExpires,
  type SessionPolicy,
  sessionDelay,
  sessionDue,
  sessionRequestHeaders,
  settledSession,
  startSession,
} from '../sip/dialog/session-timer.ts'
import type { SipResponse } from '../sip/message/types.ts'
import { endSideOf, type Leg, negotiates } from './call.ts'
import type { CallContext } from './context.ts'
import { endCall } from './end-call.ts'
import { sendInDialog } from './leg.ts'
import { glareDelay, repeatOffer } from './reoffer.ts'

/** After a 2xx of the phone's to a request of ours. */
export function startLegSession(context: CallContext, leg: Leg, response: SipResponse, policy: SessionPolicy): void {
  const settled = settledSession(response, policy)
  if (settled !== undefined) watchSession(context, leg, settled, 'uac')
}

/** Starts the leg's timer, or starts it again. `ourRole`: in the request whose 2xx settled the session. */
export function watchSession(context: CallContext, leg: Leg, session: SessionExpires, ourRole: Refresher): void {
  leg.session = startSession(session, ourRole, context.clock.monotonic())
  rearm(context, leg)
}

function rearm(context: CallContext, leg: Leg): void {
  leg.sessionTimer?.cancel()
  if (leg.session === undefined || leg.state === 'gone' || leg.state === 'leaving') return
  const delay = sessionDelay(leg.session, context.clock.monotonic())
  leg.sessionTimer = context.clock.schedule(delay, () => onDue(context, leg))
}

function onDue(context: CallContext, leg: Leg): void {
  if (leg.session === undefined) return
  const due = sessionDue(leg.session, context.clock.monotonic())
  if (due === 'expired') {
    endCall(context, leg.call, { side: endSideOf(leg), cause: 'session-expired', sipCode: 408 }, REASON)
  } else {
    if (due === 'refresh') refresh(context, leg)
    rearm(context, leg)
  }
}

const REASON = { reason: 'SIP;cause=408' }

/** Milliseconds until a refresh is tried again that something stood in the way of. */
const BUSY_MS = 5_000

function refresh(context: CallContext, leg: Leg): void {
  const { call } = leg
  if (call.state !== 'up' || negotiates(call) || leg.invite?.awaitingAck === true) {
    retryIn(context, leg, BUSY_MS)
    return
  }
  leg.session = refreshSent(leg.session!)
  const policy: SessionPolicy = { interval: leg.session.interval, minimum: 90 }
  if (leg.allows?.has('UPDATE') === true) refreshByUpdate(context, leg, policy)
  else void refreshByInvite(context, leg, policy)
}

function retryIn(context: CallContext, leg: Leg, delay: number): void {
  if (leg.session === undefined) return
  leg.session = refreshSent(leg.session, context.clock.monotonic() + delay)
  rearm(context, leg)
}

/** An UPDATE without an offer changes nothing but the time (RFC 4028 §7.4). */
function refreshByUpdate(context: CallContext, leg: Leg, policy: SessionPolicy): void {
  sendInDialog(
    context,
    leg,
    'UPDATE',
    { headers: sessionRequestHeaders(policy, 'uac') },
    {
      onFinal: response => onRefreshed(context, leg, response, policy),
      onFailed: status => onRefreshFailed(context, leg, status),
    },
  )
}

async function refreshByInvite(context: CallContext, leg: Leg, policy: SessionPolicy): Promise<void> {
  const { call } = leg
  const exchange = { offerer: undefined, abandon() {} }
  call.exchange = exchange
  try {
    const headers = sessionRequestHeaders(policy, 'uac').filter(([name]) => name !== 'Supported')
    const answer = await repeatOffer(context, leg, headers)
    if (typeof answer === 'number') onRefreshFailed(context, leg, answer)
    else onRefreshed(context, leg, answer, policy)
  } catch (error) {
    context.logger.warn({ call: call.id, detail: String(error) }, 'a session was not refreshed')
    retryIn(context, leg, BUSY_MS)
  } finally {
    if (call.exchange === exchange) call.exchange = undefined
  }
}

function onRefreshed(context: CallContext, leg: Leg, response: SipResponse, policy: SessionPolicy): void {
  if (leg.state !== 'up') return
  if (response.status < 300) {
    startLegSession(context, leg, response, policy)
    return
  }
  const longer = response.status === 422 ? afterTooSmall(response, policy) : undefined
  if (longer === undefined) return void onRefreshFailed(context, leg, response.status)
  if (leg.session !== undefined) leg.session = { ...leg.session, interval: longer.interval }
  retryIn(context, leg, 0)
}

function onRefreshFailed(context: CallContext, leg: Leg, status: number): void {
  if (leg.state !== 'up') return
  // "the session SHOULD be considered terminated" when the dialog is gone on the other side (RFC 3261 §12.2.1.2).
  if (status === 408 || status === 481) {
    const end = { side: endSideOf(leg), cause: 'session-expired', sipCode: status } as const
    endCall(context, leg.call, end, REASON)
    return
  }
  // It does not know UPDATE after all.
  if (status === 405 || status === 501) leg.allows = undefined
  retryIn(context, leg, status === 491 ? glareDelay(leg) : BUSY_MS)
}
