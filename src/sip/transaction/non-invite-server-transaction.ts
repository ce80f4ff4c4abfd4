/** One request other than INVITE that waits for its answer; afterwards `CompletedRequests` absorbs for it. */
import { buildResponse } from '../message/build.ts'
import { serialise } from '../message/serialise.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow } from '../transport/types.ts'
import type { Mergeable, TransactionHost, TransactionTimer } from './host.ts'
import {
  NON_INVITE_SERVER_START,
  type NonInviteServerInput,
  type NonInviteServerState,
  type NonInviteServerStep,
  stepNonInviteServer,
} from './non-invite-server-machine.ts'
import { fallbackTarget, responseFlow } from './response-route.ts'
import type { RunningTimer } from './timer-lists.ts'
import { isChallenge } from './stateless-challenge.ts'
import { nonInviteTrying } from './timers.ts'
import type { ServerTransaction } from './types.ts'

export interface NonInviteServerHost extends TransactionHost {
  challenged(transaction: Mergeable): void
  /** The transaction left the trying and proceeding states. `response` is to be repeated until Timer J, where there is one. */
  nonInviteEnded(transaction: NonInviteServerTransaction, response: Uint8Array | undefined): void
}

export class NonInviteServerTransaction implements ServerTransaction {
  readonly id: string
  readonly request: SipRequest
  readonly flow: Flow
  /** Under which the layer finds merged requests; undefined where it does not look. */
  mergedKey: string | undefined
  readonly #host: NonInviteServerHost
  #state: NonInviteServerState = NON_INVITE_SERVER_START.state
  #response: SipResponse | undefined
  #bytes: Uint8Array | undefined
  #short: RunningTimer<TransactionTimer> | undefined
  #long: RunningTimer<TransactionTimer> | undefined
  #watching = false
  /** The answer is not kept for retransmissions. */
  #once = false

  constructor(host: NonInviteServerHost, id: string, request: SipRequest, flow: Flow, mergedKey: string | undefined) {
    this.#host = host
    this.id = id
    this.request = request
    this.flow = flow
    this.mergedKey = mergedKey
  }

  /** Where its responses go. */
  get responseFlow(): Flow {
    return responseFlow(this.#host.transport, this.request, this.flow)
  }

  get answerable(): boolean {
    return this.#state === 'trying' || this.#state === 'proceeding'
  }

  /** Starts the timers, unless the user answered at once: then none is ever needed. */
  start(): void {
    if (this.#state !== 'trying') return
    this.#host.watch(this.flow, this)
    this.#watching = true
    this.#apply(NON_INVITE_SERVER_START)
  }

  respond(response: SipResponse): boolean {
    if (!this.answerable) return false
    const { status } = response
    if (status === 408) {
      this.abandon()
      return false
    }
    if (status > 100 && status < 200) return false
    this.#response = response
    if (isChallenge(response)) {
      this.#once = true
      this.#host.challenged(this)
    }
    this.#input(status < 200 ? 'provisional' : 'final')
    return true
  }

  respondOnce(response: SipResponse): boolean {
    this.#once = true
    return this.respond(response)
  }

  confirmed(): void {}

  abandon(): void {
    this.#input('timer-expiry')
  }

  onRetransmission(): void {
    this.#input('request')
  }

  onTimer(name: TransactionTimer): void {
    this.#input(name as NonInviteServerInput)
  }

  onFlowClosed(): void {
    this.#watching = false
    if (fallbackTarget(this.request, this.flow) === undefined) this.#input('transport-error')
  }

  #input(input: NonInviteServerInput): void {
    const before = this.#state
    const step = stepNonInviteServer(before, input, this.flow.reliable)
    this.#state = step.state
    this.#apply(step)
    if (before === 'trying' || before === 'proceeding') {
      if (this.#state === 'completed') this.#end(this.#once ? undefined : this.#bytes)
      else if (this.#state === 'terminated') this.#end(undefined)
    }
  }

  #end(response: Uint8Array | undefined): void {
    if (this.#watching) this.#host.unwatch(this.flow, this)
    this.#watching = false
    this.#host.nonInviteEnded(this, response)
  }

  #apply(step: NonInviteServerStep): void {
    const { timers, values } = this.#host
    for (const action of step.actions) {
      switch (action) {
        case 'send-response':
          this.#send(this.#response!)
          break
        case 'resend-response':
          if (this.#bytes !== undefined) this.#host.transport.send(this.responseFlow, this.#bytes)
          break
        case 'send-trying':
          this.#send(buildResponse(this.request, 100))
          break
        case 'start-trying':
          this.#short = timers.start(nonInviteTrying(values), this, 'timer-trying')
          break
        case 'start-expiry':
          this.#long = timers.start(values.timerF, this, 'timer-expiry')
          break
        case 'stop-timers':
          if (this.#short !== undefined) timers.stop(this.#short)
          if (this.#long !== undefined) timers.stop(this.#long)
          break
        case 'start-J':
          // Kept by `CompletedRequests` for all of them.
          break
        case 'tell-transport-error':
          // Only the user of an INVITE waits for what becomes of its answer.
          break
      }
    }
  }

  #send(response: SipResponse): void {
    this.#bytes = serialise(response)
    if (this.flow.open && this.#host.transport.send(this.responseFlow, this.#bytes)) return
    if (response.status >= 200) this.#sendElsewhere(this.#bytes)
  }

  #sendElsewhere(bytes: Uint8Array): void {
    const target = fallbackTarget(this.request, this.flow)
    const { transport } = this.#host
    if (target === undefined) return
    transport.connect(target).then(
      flow => transport.send(flow, bytes),
      () => undefined,
    )
  }
}
