/** The two client machines behind one face, chosen by the method. */
import {
  type InviteClientAction,
  type InviteClientInput,
  type InviteClientName,
  type InviteClientState,
  startInviteClient,
  stepInviteClient,
} from './invite-client-machine.ts'
import {
  type NonInviteClientAction,
  type NonInviteClientInput,
  type NonInviteClientName,
  type NonInviteClientState,
  startNonInviteClient,
  stepNonInviteClient,
} from './non-invite-client-machine.ts'

export type ClientAction = InviteClientAction | NonInviteClientAction
export type ClientInput = InviteClientInput | NonInviteClientInput

export interface ClientState {
  readonly name: InviteClientName | NonInviteClientName
  readonly interval: number
}

export interface ClientStep {
  readonly state: ClientState
  readonly actions: readonly ClientAction[]
}

export interface ClientContext {
  readonly reliable: boolean
  readonly T1: number
  readonly T2: number
}

export interface ClientMachine {
  start(context: ClientContext): ClientStep
  step(state: ClientState, input: ClientInput, context: ClientContext): ClientStep
  /** The input that a response with this status is. */
  inputOf(status: number): ClientInput
}

const inviteClient: ClientMachine = {
  start: startInviteClient,
  step: (state, input, context) => stepInviteClient(state as InviteClientState, input as InviteClientInput, context),
  inputOf(status) {
    if (status < 200) return '1xx'
    return status < 300 ? '2xx' : '300-699'
  },
}

const nonInviteClient: ClientMachine = {
  start: startNonInviteClient,
  step: (state, input, context) =>
    stepNonInviteClient(state as NonInviteClientState, input as NonInviteClientInput, context),
  inputOf: status => (status < 200 ? '1xx' : '200-699'),
}

export function clientMachine(method: string): ClientMachine {
  return method === 'INVITE' ? inviteClient : nonInviteClient
}
