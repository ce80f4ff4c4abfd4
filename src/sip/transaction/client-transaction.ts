/** A request on its way, over as many attempts as its targets allow (RFC 3263 §4.3), and its CANCEL (RFC 3261 §9.1). */
import { buildResponse, type HeaderPair } from '../message/build.ts'
import { prependHeader } from '../message/change.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow, Target } from '../transport/types.ts'
import { ClientAttempt, type AttemptListener, type ClientAttemptHost } from './client-attempt.ts'
import { cancelFor } from './derived-requests.ts'
import { TransactionError } from './errors.ts'
import type { TransactionTimer } from './host.ts'
import { newBranch } from './matching.ts'
import { withoutLargeDatagrams } from './targets.ts'
import type { RunningTimer } from './timer-lists.ts'
import type { ClientTransaction, ClientTransactionUser } from './types.ts'
import { viaFor } from './via-for.ts'

export interface ClientTransactionHost extends ClientAttemptHost {
  sentBy(flow: Flow): { readonly host: string; readonly port: number }
}

const NOBODY: AttemptListener = {
  attemptProvisional() {},
  attemptFinal() {},
  attemptTimedOut() {},
  attemptFailed() {},
}

export class RequestClientTransaction implements ClientTransaction, AttemptListener {
  readonly id = newBranch()
  readonly #host: ClientTransactionHost
  readonly #original: SipRequest
  readonly #user: ClientTransactionUser
  readonly #targets: readonly Target[]
  #nextTarget = 0
  #branch = this.id
  #attempt: ClientAttempt | undefined
  #done = false
  /** Headers of the CANCEL that was asked for. */
  #cancel: readonly HeaderPair[] | undefined
  #cancelSent = false
  #giveUp: RunningTimer<TransactionTimer> | undefined
  #lastError: unknown

  constructor(
    host: ClientTransactionHost,
    request: SipRequest,
    to: Flow | readonly Target[],
    user: ClientTransactionUser,
  ) {
    this.#host = host
    this.#original = request
    this.#user = user
    this.#targets = isTargets(to) ? withoutLargeDatagrams(to, request) : []
    if (!isTargets(to)) this.#begin(to)
    else if (this.#targets.length === 0) this.#failLater('TRANSACTION_NO_TARGET')
    else this.#tryNext()
  }

  get request(): SipRequest {
    return this.#attempt?.request ?? this.#original
  }

  get flow(): Flow | undefined {
    return this.#attempt?.flow
  }

  get done(): boolean {
    return this.#done
  }

  cancel(headers: readonly HeaderPair[] = []): void {
    if (this.#done || this.#cancel !== undefined || this.#original.method !== 'INVITE') return
    this.#cancel = headers
    const attempt = this.#attempt
    if (attempt === undefined || attempt.terminated) queueMicrotask(() => this.#host.guard(() => this.#endUnsent()))
    else if (attempt.proceeding) this.#sendCancel(attempt)
  }

  abandon(): void {
    this.#finish()
    this.#attempt?.abandon()
  }

  onTimer(): void {
    // "If there is no final response … in 64*T1 seconds, the client SHOULD consider the original transaction cancelled" (§9.1).
    if (this.#done) return
    this.abandon()
    this.#user.onTimeout(this)
  }

  attemptProvisional(response: SipResponse): void {
    if (this.#done) return
    if (this.#cancel !== undefined && !this.#cancelSent) this.#sendCancel(this.#attempt!)
    this.#user.onProvisional(response, this)
  }

  attemptFinal(response: SipResponse): void {
    const success = response.status < 300
    if (this.#done && !success) return
    if (response.status === 503 && this.#mayTryNext()) {
      this.#tryNext()
      return
    }
    this.#finish()
    this.#user.onFinal(response, this)
  }

  attemptTimedOut(): void {
    if (this.#done) return
    if (this.#mayTryNext()) {
      this.#tryNext()
      return
    }
    this.#finish()
    this.#user.onTimeout(this)
  }

  attemptFailed(): void {
    if (this.#done) return
    if (this.#mayTryNext()) {
      this.#tryNext()
      return
    }
    this.#finish()
    this.#user.onTransportError(new TransactionError('TRANSACTION_FLOW_CLOSED'), this)
  }

  #mayTryNext(): boolean {
    return !this.#done && this.#cancel === undefined && this.#nextTarget < this.#targets.length
  }

  #tryNext(): void {
    const target = this.#targets[this.#nextTarget++]!
    this.#attempt = undefined
    const { transport } = this.#host
    transport.connect(target).then(
      flow => this.#host.guard(() => this.#connected(flow)),
      error => this.#host.guard(() => this.#connectFailed(error)),
    )
  }

  #connected(flow: Flow): void {
    if (this.#done) return
    if (this.#cancel !== undefined) this.#endUnsent()
    else this.#begin(flow)
  }

  #connectFailed(error: unknown): void {
    if (this.#done) return
    this.#lastError = error
    if (this.#mayTryNext()) this.#tryNext()
    else if (this.#cancel !== undefined) this.#endUnsent()
    else this.#fail(new TransactionError('TRANSACTION_UNREACHABLE', this.#lastError))
  }

  #begin(flow: Flow): void {
    // "a new branch ID … since this is a new transaction" (RFC 3263 §4.3).
    if (this.#nextTarget > 1) this.#branch = newBranch()
    const via = viaFor(flow, this.#host.sentBy(flow), this.#branch)
    const request = prependHeader(this.#original, 'Via', via)
    this.#attempt = new ClientAttempt(this.#host, request, this.#branch, flow, this)
    this.#attempt.start()
  }

  #sendCancel(attempt: ClientAttempt): void {
    this.#cancelSent = true
    const cancel = cancelFor(attempt.request, this.#cancel ?? [])
    new ClientAttempt(this.#host, cancel, this.#branch, attempt.flow, NOBODY).start()
    this.#giveUp = this.#host.timers.start(this.#host.values.cancelled, this, 'timer-cancelled')
  }

  /** Cancelled before a byte of it was sent: answered as the peer would have. */
  #endUnsent(): void {
    if (this.#done) return
    this.#finish()
    this.#user.onFinal(buildResponse(this.#original, 487), this)
  }

  #failLater(code: 'TRANSACTION_NO_TARGET'): void {
    const tell = (): void => {
      if (!this.#done) this.#fail(new TransactionError(code))
    }
    queueMicrotask(() => this.#host.guard(tell))
  }

  #fail(error: Error): void {
    this.#finish()
    this.#user.onTransportError(error, this)
  }

  #finish(): void {
    this.#done = true
    if (this.#giveUp !== undefined) this.#host.timers.stop(this.#giveUp)
    this.#giveUp = undefined
  }
}

function isTargets(to: Flow | readonly Target[]): to is readonly Target[] {
  return Array.isArray(to)
}
