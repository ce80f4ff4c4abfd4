/**
 * The non-INVITE server transaction (RFC 3261 §17.2.2 figure 8, with RFC 4320: no 408, no late response, 100 only late).
 * Pure, and every step a constant: this is the path of a REGISTER.
 *
 *   trying -1xx-> proceeding -200-699-> completed -timer J-> terminated
 *      `-----------200-699----------------^
 *      `--transport error, expiry (also in proceeding)-----> terminated
 */

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated'

export type NonInviteServerInput =
  | 'request'
  | 'provisional'
  | 'final'
  | 'timer-trying'
  | 'timer-expiry'
  | 'timer-J'
  | 'transport-error'

export type NonInviteServerAction =
  | 'send-response'
  | 'resend-response'
  | 'send-trying'
  | 'start-trying'
  | 'start-expiry'
  | 'start-J'
  | 'stop-timers'
  | 'tell-transport-error'

export interface NonInviteServerStep {
  readonly state: NonInviteServerState
  readonly actions: readonly NonInviteServerAction[]
}

/** The user has 64*T1 to answer: "an element that cannot respond before the transaction expires will not send a final response at all" (RFC 4320 §4.2). */
export const NON_INVITE_SERVER_START: NonInviteServerStep = {
  state: 'trying',
  actions: ['start-trying', 'start-expiry'],
}

const STAY: Readonly<Record<NonInviteServerState, NonInviteServerStep>> = {
  trying: { state: 'trying', actions: [] },
  proceeding: { state: 'proceeding', actions: [] },
  completed: { state: 'completed', actions: [] },
  terminated: { state: 'terminated', actions: [] },
}
const PROVISIONAL: NonInviteServerStep = { state: 'proceeding', actions: ['send-response'] }
const TRYING_SENT: NonInviteServerStep = { state: 'proceeding', actions: ['send-trying'] }
const RESEND_PROVISIONAL: NonInviteServerStep = { state: 'proceeding', actions: ['resend-response'] }
const RESEND_FINAL: NonInviteServerStep = { state: 'completed', actions: ['resend-response'] }
const FINAL_UNRELIABLE: NonInviteServerStep = {
  state: 'completed',
  actions: ['stop-timers', 'send-response', 'start-J'],
}
const FINAL_RELIABLE: NonInviteServerStep = { state: 'terminated', actions: ['stop-timers', 'send-response'] }
const FAILED: NonInviteServerStep = { state: 'terminated', actions: ['stop-timers', 'tell-transport-error'] }
const ENDED: NonInviteServerStep = { state: 'terminated', actions: ['stop-timers'] }

export function stepNonInviteServer(
  state: NonInviteServerState,
  input: NonInviteServerInput,
  reliable: boolean,
): NonInviteServerStep {
  switch (state) {
    case 'trying':
    case 'proceeding':
      return pending(state, input, reliable)
    case 'completed':
      if (input === 'request') return RESEND_FINAL
      return input === 'timer-J' || input === 'transport-error' ? ENDED : STAY.completed
    case 'terminated':
      return STAY.terminated
  }
}

function pending(state: 'trying' | 'proceeding', input: NonInviteServerInput, reliable: boolean): NonInviteServerStep {
  switch (input) {
    case 'request':
      // "Once in the Trying state, any further request retransmissions are discarded" (§17.2.2).
      return state === 'trying' ? STAY.trying : RESEND_PROVISIONAL
    case 'provisional':
      return PROVISIONAL
    case 'timer-trying':
      return state === 'trying' ? TRYING_SENT : STAY.proceeding
    case 'final':
      return reliable ? FINAL_RELIABLE : FINAL_UNRELIABLE
    case 'timer-expiry':
      return ENDED
    case 'transport-error':
      return FAILED
    case 'timer-J':
      return STAY[state]
  }
}
