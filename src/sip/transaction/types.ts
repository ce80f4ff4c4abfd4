/** Transactions as the transaction user sees them (RFC 3261 §17). */
import type { Clock } from '../../base/clock.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow, Target, Transport } from '../transport/types.ts'
import type { TimerValues } from './timers.ts'

export interface ServerTransaction {
  /** Branch, sent-by and method of the request (§17.2.3): unique while the transaction lives. */
  readonly id: string
  readonly request: SipRequest
  readonly flow: Flow
  /** True until a final response was given (and, for INVITE, while it may still be answered). */
  readonly answerable: boolean
  /**
   * Sends a response; ignored with `false` once a final one was sent, but for the same 2xx to INVITE, which the user
   * repeats until its ACK (RFC 6026 §7.1). 100 Trying is sent by the layer itself after 200 ms. For requests other than
   * INVITE 101-199 and 408 are not sent and answered with `false` (RFC 4320 §4).
   */
  respond(response: SipResponse): boolean
  /**
   * Sends a final response and forgets the request, as a stateless UAS does (RFC 3261 §8.2.7): for a sender who has proved
   * nothing. A response that asks for proof (401, 407) goes like this anyway. As `respond` where a response was sent before.
   */
  respondOnce(response: SipResponse): boolean
  /**
   * The 2xx to this INVITE has its ACK. Over a reliable transport nothing of it can come again, and the transaction ends; over UDP
   * it goes on absorbing retransmissions until Timer L (RFC 6026 §7.1), with less to keep. Nothing for other requests.
   */
  confirmed(): void
  /** Forgets the request without an answer: 100 Trying is not sent either, retransmissions count as new requests. */
  abandon(): void
}

export interface ClientTransaction {
  readonly id: string
  /** As sent: with our Via and branch. */
  readonly request: SipRequest
  /** The flow in use; undefined until connected. */
  readonly flow: Flow | undefined
  readonly done: boolean
  /** CANCEL for a pending INVITE (§9.1): waits for a provisional response where none has come. `headers`: e.g. Reason. */
  cancel(headers?: readonly (readonly [string, string])[]): void
  /** Forgets the transaction without telling anybody. */
  abandon(): void
}

/** What a client transaction reports. Exactly one of final, timeout and transportError ends it. */
export interface ClientTransactionUser {
  onProvisional(response: SipResponse, transaction: ClientTransaction): void
  /** Final response. For INVITE a 2xx may come several times (other forks, retransmissions, §13.2.2.4). ACK for non-2xx is sent by the layer. */
  onFinal(response: SipResponse, transaction: ClientTransaction): void
  /** Timer B or F. Treated as 408. */
  onTimeout(transaction: ClientTransaction): void
  /** No target could be reached. Treated as 503. */
  onTransportError(error: Error, transaction: ClientTransaction): void
}

/** What the layer reports of requests that it did not absorb. */
export interface TransactionUser {
  /** A new request other than ACK and CANCEL. Must be answered through `transaction`. */
  onRequest(request: SipRequest, transaction: ServerTransaction): void
  /** A CANCEL that matched `invite`; the layer has answered the CANCEL with 200. The user answers the INVITE with 487. */
  onCancel(invite: ServerTransaction, cancel: SipRequest): void
  /** An ACK that belongs to a 2xx, so to a dialog (§13.3.1.4). */
  onAck(ack: SipRequest, flow: Flow): void
  /** The server INVITE transaction's flow failed, or Timer H fired: no ACK for a final non-2xx. */
  onServerTransactionFailed(transaction: ServerTransaction, reason: 'transport' | 'no-ack'): void
  /** A 2xx to INVITE whose transaction is gone: the dialog re-sends its ACK, or the stray call is ended. */
  onStrayResponse(response: SipResponse, flow: Flow): void
}

export interface TransactionLayer {
  /**
   * Starts a client transaction. The layer puts its own Via on top. `to` is a flow, or targets tried in order on
   * transport failure, 503 and timeout (RFC 3263 §4.3).
   */
  send(request: SipRequest, to: Flow | readonly Target[], user: ClientTransactionUser): ClientTransaction
  /** Sends an ACK for a 2xx with its own fresh branch: not a transaction. */
  sendAck(ack: SipRequest, to: Flow | readonly Target[]): void
  /** Transactions that live in any state, those included that only absorb retransmissions. */
  readonly size: number
}

/** Things worth telling that are not messages. */
export interface TransactionObserver {
  /** A new request was refused by the layer itself: 503 or 482. */
  requestRefused?(request: SipRequest, flow: Flow, reason: 'overload' | 'merged'): void
  /** A callback of the transaction user threw. Without this observer the error is thrown on. */
  userFailed?(error: unknown): void
}

export interface TransactionLimits {
  /**
   * Transactions that wait for something, clients and servers together. Above it new requests get 503; requests in a
   * dialog have a quarter more. Default 50,000.
   */
  readonly maximumTransactions: number
  /** Answered requests kept for Timer J over UDP; the oldest is forgotten early. Default 65,536. */
  readonly maximumCompleted: number
}

export interface TransactionLayerOptions {
  readonly transport: Transport
  /** `monotonic` and `schedule` are used. */
  readonly clock: Clock
  /** May be given later, by `setUser`. Until then every new request gets 503. */
  readonly user?: TransactionUser | undefined
  /** Milliseconds; RFC 3261's defaults where absent. */
  readonly timers?: Partial<TimerValues> | undefined
  readonly limits?: Partial<TransactionLimits> | undefined
  readonly observer?: TransactionObserver | undefined
  /** What our Via names on this flow: host (IPv6 without brackets) and port. */
  readonly sentBy: (flow: Flow) => { readonly host: string; readonly port: number }
  /** Asked for each new request outside a dialog: true refuses it as overload. Default: never. */
  readonly overloaded?: ((request: SipRequest, flow: Flow) => boolean) | undefined
}
