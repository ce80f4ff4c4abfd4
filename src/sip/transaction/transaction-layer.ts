/** The transaction layer (RFC 3261 §17): between the transport, which carries messages, and the user, which means something by them. */
import type { Clock } from '../../base/clock.ts'
import { prependHeader } from '../message/change.ts'
import { serialise } from '../message/serialise.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import type { Flow, MessageReceiver, Target, Transport } from '../transport/types.ts'
import type { ClientAttempt } from './client-attempt.ts'
import { type ClientTransactionHost, RequestClientTransaction } from './client-transaction.ts'
import { TransactionError } from './errors.ts'
import { FlowDependents } from './flow-dependents.ts'
import type { FlowDependent, TransactionTimer } from './host.ts'
import { newBranch, responseKey } from './matching.ts'
import { limitFor } from './overload.ts'
import { RefusedClientTransaction } from './refused-client-transaction.ts'
import { ServerTransactions } from './server-transactions.ts'
import { TimerLists } from './timer-lists.ts'
import { type TimerValues, timerValues } from './timers.ts'
import type {
  ClientTransaction,
  ClientTransactionUser,
  TransactionLayer,
  TransactionLayerOptions,
  TransactionLimits,
  TransactionObserver,
  TransactionUser,
} from './types.ts'
import { viaFor } from './via-for.ts'
import { withoutLargeDatagrams } from './targets.ts'

export const DEFAULT_TRANSACTION_LIMITS: TransactionLimits = { maximumTransactions: 50_000, maximumCompleted: 65_536 }

export interface TransactionFootprint {
  readonly servers: number
  /** Answered requests that absorb retransmissions. */
  readonly completed: number
  readonly clients: number
  /** Names under which merged requests are found. */
  readonly merged: number
  /** Connections that transactions depend on. */
  readonly flows: number
  readonly timers: number
}

export interface RunningTransactionLayer extends TransactionLayer, MessageReceiver {
  setUser(user: TransactionUser): void
  /** What is kept, each bounded by the limits; all zero when nothing is under way. */
  readonly footprint: TransactionFootprint
  /** Forgets every transaction and timer without telling anybody; what comes afterwards is ignored. Idempotent. */
  stop(): void
}

/** The layer on top of `options.transport`; hand it to the transport as receiver. Throws on options out of range. */
export function createTransactionLayer(options: TransactionLayerOptions): RunningTransactionLayer {
  return new Layer(options)
}

class Layer implements RunningTransactionLayer, ClientTransactionHost {
  readonly transport: Transport
  readonly timers: TimerLists<TransactionTimer>
  readonly values: TimerValues
  readonly #clock: Clock
  readonly #options: TransactionLayerOptions
  readonly #observer: TransactionObserver
  readonly #limits: TransactionLimits
  readonly #servers: ServerTransactions
  readonly #clients = new Map<string, ClientAttempt>()
  readonly #dependents = new FlowDependents(run => this.guard(run))
  #user: TransactionUser | undefined
  #stopped = false

  constructor(options: TransactionLayerOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#observer = options.observer ?? {}
    this.#limits = { ...DEFAULT_TRANSACTION_LIMITS, ...options.limits }
    for (const [name, value] of Object.entries(this.#limits)) {
      if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`)
    }
    this.#user = options.user
    this.transport = options.transport
    this.values = timerValues(options.timers)
    this.timers = new TimerLists(this.#clock, error => this.#failed(error))
    this.#servers = new ServerTransactions({
      host: this,
      layer: options,
      limits: this.#limits,
      observer: this.#observer,
      clients: () => this.#clients.size,
      ready: () => this.#user !== undefined,
    })
    options.transport.onFlowClosed(flow => this.#dependents.flowClosed(flow))
  }

  get user(): TransactionUser {
    if (this.#user === undefined) throw new TransactionError('TRANSACTION_STOPPED')
    return this.#user
  }

  setUser(user: TransactionUser): void {
    this.#user = user
  }

  get size(): number {
    return this.#servers.size + this.#clients.size
  }

  get footprint(): TransactionFootprint {
    const { live: servers, completed, merged } = this.#servers
    const clients = this.#clients.size
    return { servers, completed, clients, merged, flows: this.#dependents.size, timers: this.timers.size }
  }

  onMessage(message: SipMessage, flow: Flow): void {
    if (this.#stopped) return
    try {
      if (message.kind === 'request') this.#servers.onRequest(message, flow)
      else this.#onResponse(message, flow)
    } catch (error) {
      this.#failed(error)
    }
  }

  send(request: SipRequest, to: Flow | readonly Target[], user: ClientTransactionUser): ClientTransaction {
    if (this.#stopped) return new RefusedClientTransaction(this, request, user, 'TRANSACTION_STOPPED')
    const limit = limitFor(request, this.#limits.maximumTransactions)
    if (this.#clients.size + this.#servers.live >= limit) {
      return new RefusedClientTransaction(this, request, user, 'TRANSACTION_LIMIT')
    }
    return new RequestClientTransaction(this, request, to, user)
  }

  sendAck(ack: SipRequest, to: Flow | readonly Target[]): void {
    if (this.#stopped) return
    if (!Array.isArray(to)) this.#sendAckOver(ack, to as Flow)
    else void this.#sendAckTo(ack, withoutLargeDatagrams(to as readonly Target[], ack))
  }

  stop(): void {
    this.#stopped = true
    this.timers.close()
    this.#servers.close()
    this.#clients.clear()
    this.#dependents.clear()
  }

  sentBy(flow: Flow): { readonly host: string; readonly port: number } {
    return this.#options.sentBy(flow)
  }

  attemptStarted(attempt: ClientAttempt): void {
    if (!this.#stopped) this.#clients.set(attempt.key, attempt)
  }

  attemptEnded(attempt: ClientAttempt): void {
    this.#clients.delete(attempt.key)
  }

  watch(flow: Flow, dependent: FlowDependent): void {
    this.#dependents.add(flow, dependent)
  }

  unwatch(flow: Flow, dependent: FlowDependent): void {
    this.#dependents.remove(flow, dependent)
  }

  #onResponse(response: SipResponse, flow: Flow): void {
    const key = responseKey(response)
    if (key === undefined) return
    const attempt = this.#clients.get(key)
    if (attempt !== undefined) attempt.onResponse(response)
    else if (isAccepted(response) && this.#user !== undefined) this.#user.onStrayResponse(response, flow)
  }

  #sendAckOver(ack: SipRequest, flow: Flow): boolean {
    const via = viaFor(flow, this.#options.sentBy(flow), newBranch())
    return flow.open && this.transport.send(flow, serialise(prependHeader(ack, 'Via', via)))
  }

  async #sendAckTo(ack: SipRequest, targets: readonly Target[]): Promise<void> {
    for (const target of targets) {
      try {
        if (this.#sendAckOver(ack, await this.transport.connect(target))) return
      } catch {
        // The next target is tried; without an ACK the peer repeats its 2xx.
      }
    }
  }

  guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (this.#observer.userFailed === undefined) throw error
    this.#observer.userFailed(error)
  }
}

function isAccepted(response: SipResponse): boolean {
  return response.status >= 200 && response.status < 300 && response.cseq.method === 'INVITE'
}
