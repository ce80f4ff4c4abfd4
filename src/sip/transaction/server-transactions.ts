/** Requests that come in: retransmissions absorbed, ACK and CANCEL matched, the rest told to the user (RFC 3261 §17.2, §9.2). */
import { randomToken } from '../../base/random.ts'
import { buildResponse } from '../message/build.ts'
import { serialise } from '../message/serialise.ts'
import type { SipRequest } from '../message/types.ts'
import type { Flow } from '../transport/types.ts'
import { type CompletedRequest, CompletedRequests } from './completed-requests.ts'
import type { Mergeable, TransactionHost } from './host.ts'
import { type InviteServerHost, InviteServerTransaction } from './invite-server-transaction.ts'
import { mergedKey, serverKey } from './matching.ts'
import { type NonInviteServerHost, NonInviteServerTransaction } from './non-invite-server-transaction.ts'
import { stepNonInviteServer } from './non-invite-server-machine.ts'
import { limitFor, overloadResponse } from './overload.ts'
import { responseFlow } from './response-route.ts'
import type { TransactionLayerOptions, TransactionLimits, TransactionObserver } from './types.ts'

type AnyServerTransaction = InviteServerTransaction | NonInviteServerTransaction

export interface ServerTransactionsOptions {
  readonly host: TransactionHost
  readonly layer: TransactionLayerOptions
  readonly limits: TransactionLimits
  readonly observer: TransactionObserver
  /** Client transactions that live: they share the limit. */
  readonly clients: () => number
  /** False before the layer has a user. */
  readonly ready: () => boolean
}

export class ServerTransactions implements InviteServerHost, NonInviteServerHost {
  readonly transport: TransactionHost['transport']
  readonly timers: TransactionHost['timers']
  readonly values: TransactionHost['values']
  readonly #options: ServerTransactionsOptions
  readonly #live = new Map<string, AnyServerTransaction>()
  readonly #completed: CompletedRequests
  /** Who came first with a Call-ID, From tag and CSeq (§8.2.2.2). Never larger than the transactions that it names. */
  readonly #merged = new Map<string, string>()

  constructor(options: ServerTransactionsOptions) {
    this.#options = options
    this.transport = options.host.transport
    this.timers = options.host.timers
    this.values = options.host.values
    const { clock } = options.layer
    this.#completed = new CompletedRequests(clock, this.values.timerJ, options.limits.maximumCompleted, entry =>
      this.#forgetMerged(entry.key, entry.mergedKey),
    )
  }

  get user(): TransactionHost['user'] {
    return this.#options.host.user
  }

  get live(): number {
    return this.#live.size
  }

  get completed(): number {
    return this.#completed.size
  }

  get merged(): number {
    return this.#merged.size
  }

  get size(): number {
    return this.#live.size + this.#completed.size
  }

  onRequest(request: SipRequest, flow: Flow): void {
    if (request.method === 'ACK') {
      this.#onAck(request, flow)
      return
    }
    const key = serverKey(request, request.method, flow.remoteAddress)
    const live = this.#live.get(key)
    if (live !== undefined) {
      live.onRetransmission()
      return
    }
    const completed = this.#completed.find(key)
    if (completed !== undefined) {
      this.#repeat(completed)
      return
    }
    if (request.method === 'CANCEL') this.#onCancel(request, key, flow)
    else this.#onNewRequest(request, key, flow)
  }

  watch(flow: Flow, dependent: AnyServerTransaction): void {
    this.#options.host.watch(flow, dependent)
  }

  unwatch(flow: Flow, dependent: AnyServerTransaction): void {
    this.#options.host.unwatch(flow, dependent)
  }

  nonInviteEnded(transaction: NonInviteServerTransaction, response: Uint8Array | undefined): void {
    this.#live.delete(transaction.id)
    if (response === undefined) this.#forgetMerged(transaction.id, transaction.mergedKey)
    else this.#completed.add(transaction.id, transaction.mergedKey, transaction.responseFlow, response)
  }

  /** Deviation from §8.2.2.2: many phones answer a challenge with the CSeq number that was challenged (against §8.1.3.5). */
  challenged(transaction: Mergeable): void {
    this.#forgetMerged(transaction.id, transaction.mergedKey)
    transaction.mergedKey = undefined
  }

  inviteEnded(transaction: InviteServerTransaction): void {
    this.#live.delete(transaction.id)
    this.#forgetMerged(transaction.id, transaction.mergedKey)
  }

  guard(run: () => void): void {
    this.#options.host.guard(run)
  }

  close(): void {
    this.#live.clear()
    this.#merged.clear()
    this.#completed.close()
  }

  #repeat(completed: CompletedRequest): void {
    const { actions } = stepNonInviteServer('completed', 'request', completed.flow.reliable)
    if (actions.includes('resend-response')) this.transport.send(completed.flow, completed.response)
  }

  #onAck(ack: SipRequest, flow: Flow): void {
    const live = this.#live.get(serverKey(ack, 'INVITE', flow.remoteAddress))
    if (live instanceof InviteServerTransaction && live.onAck(ack)) return
    if (this.#options.ready()) this.user.onAck(ack, flow)
  }

  /** "The server always answers the CANCEL" (§9.2): 200 or 481, itself. */
  #onCancel(cancel: SipRequest, key: string, flow: Flow): void {
    const invite = this.#live.get(serverKey(cancel, 'INVITE', flow.remoteAddress))
    const transaction = new NonInviteServerTransaction(this, key, cancel, flow, undefined)
    this.#live.set(key, transaction)
    if (!(invite instanceof InviteServerTransaction)) {
      transaction.respond(buildResponse(cancel, 481, undefined, { toTag: randomToken(9) }))
      return
    }
    transaction.respond(buildResponse(cancel, 200, undefined, { toTag: invite.toTag ?? randomToken(9) }))
    // "If it has already sent a final response … the CANCEL has no effect" (§9.2).
    if (invite.answerable) this.user.onCancel(invite, cancel)
  }

  #onNewRequest(request: SipRequest, key: string, flow: Flow): void {
    if (this.#overloaded(request, flow)) {
      this.#options.observer.requestRefused?.(request, flow, 'overload')
      this.transport.send(responseFlow(this.transport, request, flow), serialise(overloadResponse(request)))
      return
    }
    const merged = mergedKey(request)
    if (merged !== undefined) {
      if (this.#merged.has(merged)) {
        this.#refuseMerged(request, key, flow)
        return
      }
      this.#merged.set(merged, key)
    }
    if (request.method === 'INVITE') {
      const transaction = new InviteServerTransaction(this, key, request, flow, merged)
      this.#live.set(key, transaction)
      this.#tell(transaction)
    } else {
      const transaction = new NonInviteServerTransaction(this, key, request, flow, merged)
      this.#live.set(key, transaction)
      this.#tell(transaction)
    }
  }

  #tell(transaction: AnyServerTransaction): void {
    try {
      this.user.onRequest(transaction.request, transaction)
    } catch (error) {
      this.#failed(transaction, error)
    }
    transaction.start()
  }

  #failed(transaction: AnyServerTransaction, error: unknown): void {
    transaction.respond(buildResponse(transaction.request, 500, undefined, { toTag: randomToken(9) }))
    const { userFailed } = this.#options.observer
    if (userFailed === undefined) throw error
    userFailed(error)
  }

  #overloaded(request: SipRequest, flow: Flow): boolean {
    const { limits, layer, clients, ready } = this.#options
    if (!ready()) return true
    if (this.#live.size + clients() >= limitFor(request, limits.maximumTransactions)) return true
    return request.toTag === undefined && layer.overloaded !== undefined && layer.overloaded(request, flow)
  }

  /** The same request came by two ways: the second is refused (§8.2.2.2). */
  #refuseMerged(request: SipRequest, key: string, flow: Flow): void {
    this.#options.observer.requestRefused?.(request, flow, 'merged')
    const response = buildResponse(request, 482, undefined, { toTag: randomToken(9) })
    const transaction =
      request.method === 'INVITE'
        ? new InviteServerTransaction(this, key, request, flow, undefined)
        : new NonInviteServerTransaction(this, key, request, flow, undefined)
    this.#live.set(key, transaction)
    transaction.respond(response)
  }

  #forgetMerged(key: string, merged: string | undefined): void {
    if (merged !== undefined && this.#merged.get(merged) === key) this.#merged.delete(merged)
  }
}
