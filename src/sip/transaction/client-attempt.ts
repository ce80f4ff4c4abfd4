/** One client transaction of RFC 3261 §17.1: one request, one branch, one flow. */
import { serialise } from '../message/serialise.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow } from '../transport/types.ts'
import {
  type ClientAction,
  type ClientContext,
  type ClientInput,
  type ClientMachine,
  type ClientState,
  type ClientStep,
  clientMachine,
} from './client-machine.ts'
import { ackFor } from './derived-requests.ts'
import type { TransactionHost, TransactionTimer } from './host.ts'
import { clientKey } from './matching.ts'
import type { RunningTimer } from './timer-lists.ts'

export interface ClientAttemptHost extends TransactionHost {
  attemptStarted(attempt: ClientAttempt): void
  attemptEnded(attempt: ClientAttempt): void
}

/** What becomes of an attempt. */
export interface AttemptListener {
  attemptProvisional(response: SipResponse): void
  attemptFinal(response: SipResponse): void
  attemptTimedOut(): void
  attemptFailed(): void
}

const NOT_STARTED: ClientState = { name: 'trying', interval: 0 }

export class ClientAttempt {
  readonly key: string
  /** As sent. */
  readonly request: SipRequest
  readonly flow: Flow
  readonly #host: ClientAttemptHost
  readonly #listener: AttemptListener
  readonly #machine: ClientMachine
  readonly #context: ClientContext
  readonly #bytes: Uint8Array
  #ackBytes: Uint8Array | undefined
  #state: ClientState = NOT_STARTED
  #response: SipResponse | undefined
  #short: RunningTimer<TransactionTimer> | undefined
  #long: RunningTimer<TransactionTimer> | undefined

  /** `request` carries our Via already; `branch` is the one in it. */
  constructor(host: ClientAttemptHost, request: SipRequest, branch: string, flow: Flow, listener: AttemptListener) {
    this.#host = host
    this.request = request
    this.flow = flow
    this.key = clientKey(branch, request.method)
    this.#listener = listener
    this.#machine = clientMachine(request.method)
    this.#context = { reliable: flow.reliable, T1: host.values.T1, T2: host.values.T2 }
    this.#bytes = serialise(request)
  }

  /** A provisional response has come, and no final one: a CANCEL may be sent (§9.1). */
  get proceeding(): boolean {
    return this.#state.name === 'proceeding'
  }

  get terminated(): boolean {
    return this.#state.name === 'terminated'
  }

  start(): void {
    this.#host.attemptStarted(this)
    this.#host.watch(this.flow, this)
    this.#take(this.#machine.start(this.#context))
  }

  onResponse(response: SipResponse): void {
    this.#response = response
    this.#input(this.#machine.inputOf(response.status))
    this.#response = undefined
  }

  onTimer(name: TransactionTimer): void {
    this.#input(name as ClientInput)
  }

  onFlowClosed(): void {
    this.#input('transport-error')
  }

  /** Ends without telling anybody. */
  abandon(): void {
    if (this.#state.name === 'terminated') return
    this.#state = { name: 'terminated', interval: 0 }
    this.#stopTimers()
    this.#end()
  }

  #input(input: ClientInput): void {
    if (this.#state.name === 'terminated') return
    this.#take(this.#machine.step(this.#state, input, this.#context))
  }

  #take(step: ClientStep): void {
    this.#state = step.state
    // The table is right before the user is told, who may start the next transaction.
    if (step.state.name === 'terminated') this.#end()
    for (const action of step.actions) this.#act(action)
  }

  #end(): void {
    this.#host.unwatch(this.flow, this)
    this.#host.attemptEnded(this)
  }

  #act(action: ClientAction): void {
    const { transport } = this.#host
    switch (action) {
      case 'send-request':
        // Not while this step is carried out.
        if (!transport.send(this.flow, this.#bytes))
          queueMicrotask(() => this.#host.guard(() => this.#input('transport-error')))
        break
      case 'send-ack':
        this.#ackBytes ??= serialise(ackFor(this.request, this.#response!))
        transport.send(this.flow, this.#ackBytes)
        break
      case 'tell-provisional':
        this.#listener.attemptProvisional(this.#response!)
        break
      case 'tell-final':
        this.#listener.attemptFinal(this.#response!)
        break
      case 'tell-timeout':
        this.#listener.attemptTimedOut()
        break
      case 'tell-transport-error':
        this.#listener.attemptFailed()
        break
      case 'stop-timers':
        this.#stopTimers()
        break
      default:
        this.#startTimer(action)
    }
  }

  #startTimer(action: Extract<ClientAction, `start-${string}`>): void {
    const { timers, values } = this.#host
    switch (action) {
      case 'start-A':
        this.#short = timers.start(this.#state.interval, this, 'timer-A')
        break
      case 'start-E':
        this.#short = timers.start(this.#state.interval, this, 'timer-E')
        break
      case 'start-B':
        this.#long = timers.start(values.timerB, this, 'timer-B')
        break
      case 'start-D':
        this.#long = timers.start(values.timerD, this, 'timer-D')
        break
      case 'start-F':
        this.#long = timers.start(values.timerF, this, 'timer-F')
        break
      case 'start-K':
        this.#long = timers.start(values.timerK, this, 'timer-K')
        break
      case 'start-M':
        this.#long = timers.start(values.timerM, this, 'timer-M')
        break
    }
  }

  #stopTimers(): void {
    if (this.#short !== undefined) this.#host.timers.stop(this.#short)
    if (this.#long !== undefined) this.#host.timers.stop(this.#long)
  }
}
