/**
 * The non-INVITE client transaction (RFC 3261 §17.1.2 figure 6). Pure.
 *
 *   trying -1xx-> proceeding -200-699-> completed -timer K-> terminated
 *      `-----------200-699----------------^
 *      `--timer F, transport error (also in proceeding)----> terminated
 */

export type NonInviteClientName = 'trying' | 'proceeding' | 'completed' | 'terminated'

export interface NonInviteClientState {
  readonly name: NonInviteClientName
  /** Interval that Timer E runs with, in milliseconds. */
  readonly interval: number
}

export type NonInviteClientInput = 'start' | '1xx' | '200-699' | 'timer-E' | 'timer-F' | 'timer-K' | 'transport-error'

export type NonInviteClientAction =
  | 'send-request'
  | 'start-E'
  | 'start-F'
  | 'start-K'
  | 'stop-timers'
  | 'tell-provisional'
  | 'tell-final'
  | 'tell-timeout'
  | 'tell-transport-error'

export interface NonInviteClientStep {
  readonly state: NonInviteClientState
  readonly actions: readonly NonInviteClientAction[]
}

export interface NonInviteClientContext {
  readonly reliable: boolean
  readonly T1: number
  readonly T2: number
}

const NOTHING: readonly NonInviteClientAction[] = []
const COMPLETED: NonInviteClientState = { name: 'completed', interval: 0 }
const TERMINATED: NonInviteClientState = { name: 'terminated', interval: 0 }

export function startNonInviteClient(context: NonInviteClientContext): NonInviteClientStep {
  return {
    state: { name: 'trying', interval: context.T1 },
    actions: context.reliable ? ['send-request', 'start-F'] : ['send-request', 'start-E', 'start-F'],
  }
}

export function stepNonInviteClient(
  state: NonInviteClientState,
  input: NonInviteClientInput,
  context: NonInviteClientContext,
): NonInviteClientStep {
  switch (state.name) {
    case 'trying':
    case 'proceeding':
      return pending(state, input, context)
    case 'completed':
      return input === 'timer-K' ? { state: TERMINATED, actions: ['stop-timers'] } : { state, actions: NOTHING }
    case 'terminated':
      return { state, actions: NOTHING }
  }
}

function pending(
  state: NonInviteClientState,
  input: NonInviteClientInput,
  context: NonInviteClientContext,
): NonInviteClientStep {
  switch (input) {
    case 'timer-E': {
      // "MIN(2*T1, T2)" in trying; T2 at once in proceeding (§17.1.2.2).
      const interval = state.name === 'trying' ? Math.min(2 * state.interval, context.T2) : context.T2
      return { state: { name: state.name, interval }, actions: ['send-request', 'start-E'] }
    }
    case '1xx':
      return { state: { name: 'proceeding', interval: state.interval }, actions: ['tell-provisional'] }
    case '200-699':
      return context.reliable
        ? { state: TERMINATED, actions: ['stop-timers', 'tell-final'] }
        : { state: COMPLETED, actions: ['stop-timers', 'start-K', 'tell-final'] }
    case 'timer-F':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-timeout'] }
    case 'transport-error':
      return { state: TERMINATED, actions: ['stop-timers', 'tell-transport-error'] }
    default:
      return { state, actions: NOTHING }
  }
}
