/** One INVITE that came in, from its arrival until nothing of it can come again. */
import { buildResponse } from '../message/build.ts'
import { serialise } from '../message/serialise.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow } from '../transport/types.ts'
import type { Mergeable, TransactionHost, TransactionTimer } from './host.ts'
import {
  INVITE_SERVER_START,
  type InviteServerInput,
  type InviteServerState,
  type InviteServerStep,
  stepInviteServer,
} from './invite-server-machine.ts'
import { ackMatches } from './matching.ts'
import { fallbackTarget, responseFlow } from './response-route.ts'
import { isChallenge } from './stateless-challenge.ts'
import type { RunningTimer } from './timer-lists.ts'
import type { ServerTransaction } from './types.ts'

export interface InviteServerHost extends TransactionHost {
  challenged(transaction: Mergeable): void
  inviteEnded(transaction: InviteServerTransaction): void
}

export class InviteServerTransaction implements ServerTransaction {
  readonly id: string
  readonly request: SipRequest
  mergedKey: string | undefined
  readonly #host: InviteServerHost
  #flow: Flow
  #state: InviteServerState = INVITE_SERVER_START.state
  #response: SipResponse | undefined
  #bytes: Uint8Array | undefined
  #ack: SipRequest | undefined
  #short: RunningTimer<TransactionTimer> | undefined
  #long: RunningTimer<TransactionTimer> | undefined
  #reconnecting = false

  constructor(host: InviteServerHost, id: string, request: SipRequest, flow: Flow, mergedKey: string | undefined) {
    this.#host = host
    this.id = id
    this.request = request
    this.#flow = flow
    this.mergedKey = mergedKey
    host.watch(flow, this)
  }

  get flow(): Flow {
    return this.#flow
  }

  get answerable(): boolean {
    return this.#state.name === 'proceeding'
  }

  /** To tag of the last response that had one, so that a CANCEL's answer can carry the same (§9.2). */
  get toTag(): string | undefined {
    return this.#response?.toTag
  }

  /** Starts the 200 ms to 100 Trying, unless the user answered at once. */
  start(): void {
    if (this.#state.name === 'proceeding' && this.#bytes === undefined) this.#apply(INVITE_SERVER_START)
  }

  respond(response: SipResponse): boolean {
    const { status } = response
    const again = this.#state.name === 'accepted' && status >= 200 && status < 300
    if (!this.answerable && !again) return false
    this.#response = response
    if (isChallenge(response)) {
      this.#host.challenged(this)
      if (this.#bytes === undefined) return this.#sendOnce(response)
    }
    if (status < 200) this.#input('provisional')
    else this.#input(status < 300 ? '2xx' : '300-699')
    return true
  }

  respondOnce(response: SipResponse): boolean {
    return this.answerable && this.#bytes === undefined ? this.#sendOnce(response) : this.respond(response)
  }

  /** "MUST ignore ACK requests" (§8.2.7): the one for this belongs to nothing. */
  #sendOnce(response: SipResponse): boolean {
    this.#response = response
    this.#bytes = serialise(response)
    this.#send()
    this.abandon()
    return true
  }

  abandon(): void {
    if (this.#state.name === 'terminated') return
    this.#state = { name: 'terminated', interval: 0 }
    this.#stopTimers()
    this.#end()
  }

  confirmed(): void {
    if (this.#state.name !== 'accepted') return
    if (this.#flow.reliable) this.abandon()
    this.#response = undefined
    this.#bytes = undefined
  }

  onRetransmission(): void {
    this.#input('request')
  }

  /** False when the ACK belongs to something else. */
  onAck(ack: SipRequest): boolean {
    if (!ackMatches(ack, this.toTag)) return false
    this.#ack = ack
    this.#input('ack')
    this.#ack = undefined
    return true
  }

  onTimer(name: TransactionTimer): void {
    this.#input(name as InviteServerInput)
  }

  onFlowClosed(): void {
    // An accepted call lives on in its dialog, which other flows may carry.
    if (this.#state.name === 'accepted') return
    if (fallbackTarget(this.request, this.#flow) === undefined) this.#input('transport-error')
  }

  #input(input: InviteServerInput): void {
    const before = this.#state.name
    if (before === 'terminated') return
    const { T1, T2 } = this.#host.values
    const step = stepInviteServer(this.#state, input, { reliable: this.#flow.reliable, T1, T2 })
    this.#state = step.state
    this.#apply(step)
    if (this.#state.name === 'terminated') this.#end()
  }

  #end(): void {
    this.#host.unwatch(this.#flow, this)
    this.#host.inviteEnded(this)
  }

  #apply(step: InviteServerStep): void {
    for (const action of step.actions) {
      switch (action) {
        case 'send-response':
          this.#bytes = serialise(this.#response!)
          this.#send()
          break
        case 'resend-response':
          if (this.#bytes !== undefined) this.#send()
          break
        case 'send-trying':
          this.#bytes = serialise(buildResponse(this.request, 100))
          this.#send()
          break
        case 'tell-ack':
          this.#host.user.onAck(this.#ack!, this.#flow)
          break
        case 'tell-no-ack':
          this.#host.user.onServerTransactionFailed(this, 'no-ack')
          break
        case 'tell-transport-error':
          this.#host.user.onServerTransactionFailed(this, 'transport')
          break
        case 'stop-timers':
          this.#stopTimers()
          break
        default:
          this.#startTimer(action)
      }
    }
  }

  #startTimer(action: 'start-trying' | 'start-G' | 'start-H' | 'start-I' | 'start-L'): void {
    const { timers, values } = this.#host
    switch (action) {
      case 'start-trying':
        this.#short = timers.start(values.trying, this, 'timer-trying')
        break
      case 'start-G':
        this.#short = timers.start(this.#state.interval, this, 'timer-G')
        break
      case 'start-H':
        this.#long = timers.start(values.timerH, this, 'timer-H')
        break
      case 'start-I':
        this.#long = timers.start(values.timerI, this, 'timer-I')
        break
      case 'start-L':
        this.#long = timers.start(values.timerL, this, 'timer-L')
        break
    }
  }

  #stopTimers(): void {
    if (this.#short !== undefined) this.#host.timers.stop(this.#short)
    if (this.#long !== undefined) this.#host.timers.stop(this.#long)
  }

  #send(): void {
    const { transport } = this.#host
    if (this.#flow.open && transport.send(responseFlow(transport, this.request, this.#flow), this.#bytes!)) return
    if (!this.#reconnecting) this.#reconnect()
  }

  /** §18.2.2: over a new connection to the proxy that the request came by. */
  #reconnect(): void {
    const target = fallbackTarget(this.request, this.#flow)
    if (target === undefined) {
      // Not while another step is carried out.
      queueMicrotask(() => this.#host.guard(() => this.#input('transport-error')))
      return
    }
    this.#reconnecting = true
    this.#host.transport.connect(target).then(
      flow => this.#host.guard(() => this.#reconnected(flow)),
      () => this.#host.guard(() => this.#notReconnected()),
    )
  }

  #notReconnected(): void {
    this.#reconnecting = false
    this.#input('transport-error')
  }

  #reconnected(flow: Flow): void {
    this.#reconnecting = false
    if (this.#state.name === 'terminated') return
    this.#host.unwatch(this.#flow, this)
    this.#flow = flow
    this.#host.watch(flow, this)
    if (!this.#host.transport.send(flow, this.#bytes!)) this.#input('transport-error')
  }
}
