/**
 * The INVITE server transaction (RFC 3261 §17.2.1 figure 7, with the Accepted state of RFC 6026 §7.1 figure 2). Pure.
 *
 *   proceeding -2xx-> accepted -timer L-> terminated
 *      `--300-699--> completed -ACK-> confirmed -timer I-> terminated
 *                        `--timer H, transport error-----> terminated
 */

export type InviteServerName = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated'

export interface InviteServerState {
  readonly name: InviteServerName
  /** Interval that Timer G runs with, in milliseconds. */
  readonly interval: number
}

export type InviteServerInput =
  | 'request'
  | 'ack'
  | 'provisional'
  | '2xx'
  | '300-699'
  | 'timer-trying'
  | 'timer-G'
  | 'timer-H'
  | 'timer-I'
  | 'timer-L'
  | 'transport-error'

export type InviteServerAction =
  | 'send-response'
  | 'resend-response'
  | 'send-trying'
  | 'start-trying'
  | 'start-G'
  | 'start-H'
  | 'start-I'
  | 'start-L'
  | 'stop-timers'
  | 'tell-ack'
  | 'tell-no-ack'
  | 'tell-transport-error'

export interface InviteServerStep {
  readonly state: InviteServerState
  readonly actions: readonly InviteServerAction[]
}

export interface InviteServerContext {
  readonly reliable: boolean
  readonly T1: number
  readonly T2: number
}

const NOTHING: readonly InviteServerAction[] = []
const PROCEEDING: InviteServerState = { name: 'proceeding', interval: 0 }
const CONFIRMED: InviteServerState = { name: 'confirmed', interval: 0 }
const ACCEPTED: InviteServerState = { name: 'accepted', interval: 0 }
const TERMINATED: InviteServerState = { name: 'terminated', interval: 0 }
const RESEND: readonly InviteServerAction[] = ['resend-response']

/** 100 Trying "unless it knows that the TU will generate a provisional or final response within 200 ms" (§17.2.1). */
export const INVITE_SERVER_START: InviteServerStep = { state: PROCEEDING, actions: ['start-trying'] }

export function stepInviteServer(
  state: InviteServerState,
  input: InviteServerInput,
  context: InviteServerContext,
): InviteServerStep {
  switch (state.name) {
    case 'proceeding':
      return proceeding(state, input, context)
    case 'completed':
      return completed(state, input, context)
    case 'confirmed':
      // Further ACKs are absorbed.
      return input === 'timer-I' ? { state: TERMINATED, actions: ['stop-timers'] } : { state, actions: NOTHING }
    case 'accepted':
      return accepted(state, input)
    case 'terminated':
      return { state, actions: NOTHING }
  }
}

function proceeding(
  state: InviteServerState,
  input: InviteServerInput,
  context: InviteServerContext,
): InviteServerStep {
  switch (input) {
    case 'request':
      return { state, actions: RESEND }
    case 'timer-trying':
      return { state, actions: ['send-trying'] }
    case 'provisional':
      return { state, actions: ['stop-timers', 'send-response'] }
    case '2xx':
      return { state: ACCEPTED, actions: ['stop-timers', 'send-response', 'start-L'] }
    case '300-699':
      // Timer H "regardless of the transport being used" (§17.2.1).
      return {
        state: { name: 'completed', interval: context.T1 },
        actions: context.reliable
          ? ['stop-timers', 'send-response', 'start-H']
          : ['stop-timers', 'send-response', 'start-G', 'start-H'],
      }
    case 'transport-error':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-transport-error'] }
    default:
      return { state, actions: NOTHING }
  }
}

function completed(state: InviteServerState, input: InviteServerInput, context: InviteServerContext): InviteServerStep {
  switch (input) {
    case 'request':
      return { state, actions: RESEND }
    case 'timer-G':
      return {
        state: { name: 'completed', interval: Math.min(2 * state.interval, context.T2) },
        actions: ['resend-response', 'start-G'],
      }
    case 'ack':
      return context.reliable
        ? { state: TERMINATED, actions: ['stop-timers'] }
        : { state: CONFIRMED, actions: ['stop-timers', 'start-I'] }
    case 'timer-H':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-no-ack'] }
    case 'transport-error':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-transport-error'] }
    default:
      return { state, actions: NOTHING }
  }
}

function accepted(state: InviteServerState, input: InviteServerInput): InviteServerStep {
  switch (input) {
    case '2xx':
      // The TU re-sends its 2xx until the ACK (§13.3.1.4); the transaction only carries it (RFC 6026 §7.1).
      return { state, actions: ['send-response'] }
    case 'ack':
      return { state, actions: ['tell-ack'] }
    case 'timer-L':
      return { state: TERMINATED, actions: ['stop-timers'] }
    case 'transport-error':
      return { state, actions: ['tell-transport-error'] }
    default:
      // "Any retransmissions of the INVITE … MUST be absorbed" (RFC 6026 §7.1).
      return { state, actions: NOTHING }
  }
}
