/**
 * The INVITE client transaction (RFC 3261 §17.1.1 figure 5, with the Accepted state of RFC 6026 §7.2 figure 3). Pure.
 *
 *   calling -1xx-> proceeding -2xx-> accepted -timer M-> terminated
 *      |  `--------2xx-----------------^
 *      `--300-699--> completed -timer D-> terminated
 *      `--timer B, transport error----> terminated
 */

export type InviteClientName = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated'

export interface InviteClientState {
  readonly name: InviteClientName
  /** Interval that Timer A runs with, in milliseconds; doubles each time. */
  readonly interval: number
}

export type InviteClientInput =
  | 'start'
  | '1xx'
  | '2xx'
  | '300-699'
  | 'timer-A'
  | 'timer-B'
  | 'timer-D'
  | 'timer-M'
  | 'transport-error'

export type InviteClientAction =
  | 'send-request'
  | 'send-ack'
  | 'start-A'
  | 'start-B'
  | 'start-D'
  | 'start-M'
  | 'stop-timers'
  | 'tell-provisional'
  | 'tell-final'
  | 'tell-timeout'
  | 'tell-transport-error'

export interface InviteClientStep {
  readonly state: InviteClientState
  readonly actions: readonly InviteClientAction[]
}

export interface InviteClientContext {
  /** The transport retransmits by itself (§17.1.1.2). */
  readonly reliable: boolean
  readonly T1: number
}

const NOTHING: readonly InviteClientAction[] = []
const PROCEEDING: InviteClientState = { name: 'proceeding', interval: 0 }
const COMPLETED: InviteClientState = { name: 'completed', interval: 0 }
const ACCEPTED: InviteClientState = { name: 'accepted', interval: 0 }
const TERMINATED: InviteClientState = { name: 'terminated', interval: 0 }

export function startInviteClient(context: InviteClientContext): InviteClientStep {
  const state: InviteClientState = { name: 'calling', interval: context.T1 }
  // Timer A over unreliable transports only; Timer B always.
  return {
    state,
    actions: context.reliable ? ['send-request', 'start-B'] : ['send-request', 'start-A', 'start-B'],
  }
}

export function stepInviteClient(
  state: InviteClientState,
  input: InviteClientInput,
  context: InviteClientContext,
): InviteClientStep {
  switch (state.name) {
    case 'calling':
      return input === 'timer-A'
        ? { state: { name: 'calling', interval: state.interval * 2 }, actions: ['send-request', 'start-A'] }
        : pending(state, input, context)
    case 'proceeding':
      return input === 'timer-A' || input === 'timer-B' ? stay(state) : pending(state, input, context)
    case 'completed':
      return completed(state, input)
    case 'accepted':
      // "If a 2xx response is received, the TU MUST be passed it" (RFC 6026 §7.2).
      if (input === '2xx') return { state, actions: ['tell-final'] }
      return input === 'timer-M' ? { state: TERMINATED, actions: ['stop-timers'] } : stay(state)
    case 'terminated':
      return stay(state)
  }
}

function pending(state: InviteClientState, input: InviteClientInput, context: InviteClientContext): InviteClientStep {
  switch (input) {
    case '1xx':
      // "The client transaction SHOULD NOT retransmit the request any longer" (§17.1.1.2); Timer B ends with calling.
      return {
        state: PROCEEDING,
        actions: state.name === 'calling' ? ['stop-timers', 'tell-provisional'] : ['tell-provisional'],
      }
    case '2xx':
      return { state: ACCEPTED, actions: ['stop-timers', 'start-M', 'tell-final'] }
    case '300-699':
      return context.reliable
        ? { state: TERMINATED, actions: ['stop-timers', 'send-ack', 'tell-final'] }
        : { state: COMPLETED, actions: ['stop-timers', 'send-ack', 'start-D', 'tell-final'] }
    case 'timer-B':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-timeout'] }
    case 'transport-error':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-transport-error'] }
    default:
      return stay(state)
  }
}

function completed(state: InviteClientState, input: InviteClientInput): InviteClientStep {
  switch (input) {
    case '300-699':
      // Retransmissions of the final response are acknowledged again and not passed up (§17.1.1.2).
      return { state, actions: ['send-ack'] }
    case 'timer-D':
    case 'transport-error':
      // The final response was told before: a lost ACK is the peer's to repeat its response.
      return { state: TERMINATED, actions: ['stop-timers'] }
    default:
      return stay(state)
  }
}

function stay(state: InviteClientState): InviteClientStep {
  return { state, actions: NOTHING }
}
