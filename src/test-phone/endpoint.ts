/** The SIP stack below one phone, or below many that share a connection: transport, transactions, and who a request is for. */
import { type Clock, systemClock } from '../base/clock.ts'
import type { SipRequest } from '../sip/message/types.ts'
import { createTransactionLayer } from '../sip/transaction/transaction-layer.ts'
import type { TransactionLayer, TransactionUser } from '../sip/transaction/types.ts'
import { createTransportLayer } from '../sip/transport/transport-layer.ts'
import type { Flow, Target, TransportProtocol } from '../sip/transport/types.ts'
import { buildResponse } from '../sip/message/build.ts'
import type { EndpointOptions } from './options.ts'
import { createPacer, type Pacer } from './pacer.ts'

/** RFC 5626 §3.5.1: a double CRLF every 95 s keeps the flow and tells that it is alive. */
const KEEP_ALIVE_MS = 95_000

export interface PhoneEndpoint {
  readonly clock: Clock
  readonly pacer: Pacer
  readonly transactions: TransactionLayer
  /** The flow to the outbound proxy, connected when there is none. Rejects with TransportError. */
  connect(): Promise<Flow>
  /** Requests whose Request-URI names `user` go to `phone`. Returns the function that ends it. */
  attach(user: string, phone: TransactionUser): () => void
  /** Closes the connection without a word to anybody, as a phone that lost its network. */
  drop(): void
  /** Calls `listener` each time that the connection was lost without `drop` or `stop`. */
  onLost(listener: () => void): void
  stop(): Promise<void>
}

export function createPhoneEndpoint(options: EndpointOptions): PhoneEndpoint {
  const clock = options.clock ?? systemClock
  const proxy = options.outboundProxy
  const target: Target = {
    protocol: proxy.transport.toUpperCase() as TransportProtocol,
    address: proxy.address,
    port: proxy.port,
    serverName: options.serverName ?? proxy.address,
  }
  const local = { protocol: 'UDP' as const, address: options.localAddress ?? '127.0.0.1', port: 0, insecure: false }
  const transport = createTransportLayer({
    listeners: proxy.transport === 'udp' ? [local] : [],
    tls: undefined,
    ...(options.caPem === undefined ? {} : { trustedCaPem: [options.caPem] }),
    clock,
  })
  const phones = new Map<string, TransactionUser>()
  const phoneOf = (request: SipRequest): TransactionUser | undefined => {
    const uri = request.requestUri
    return uri.kind === 'sip' && uri.user !== undefined ? phones.get(uri.user) : undefined
  }
  const user: TransactionUser = {
    onRequest(request, transaction) {
      const phone = phoneOf(request)
      if (phone !== undefined) phone.onRequest(request, transaction)
      else transaction.respond(buildResponse(request, 404))
    },
    onCancel: (invite, cancel) => phoneOf(invite.request)?.onCancel(invite, cancel),
    onAck: (ack, flow) => phoneOf(ack)?.onAck(ack, flow),
    onServerTransactionFailed: (transaction, reason) =>
      phoneOf(transaction.request)?.onServerTransactionFailed(transaction, reason),
    onStrayResponse(response, flow) {
      for (const phone of phones.values()) phone.onStrayResponse(response, flow)
    },
  }
  const transactions = createTransactionLayer({
    transport,
    clock,
    user,
    sentBy: (flow: Flow) => ({ host: flow.localAddress, port: flow.localPort }),
  })
  transport.setReceiver(transactions)
  let started: Promise<void> | undefined
  let flow: Flow | undefined
  const lost: (() => void)[] = []
  transport.onFlowClosed(closed => {
    if (closed !== flow) return
    flow = undefined
    for (const listener of lost) listener()
  })

  const keepAlive = (kept: Flow): void => {
    clock.schedule(KEEP_ALIVE_MS, () => {
      if (kept.open && flow === kept) {
        transport.send(kept, '\r\n\r\n')
        keepAlive(kept)
      }
    })
  }

  return {
    clock,
    pacer: createPacer(clock),
    transactions,
    async connect() {
      started ??= transport.start()
      await started
      if (flow?.open) return flow
      const connected = await transport.connect(target)
      if (flow !== connected) {
        flow = connected
        transport.keepAlive(connected, 24 * 3600)
        if (connected.reliable) keepAlive(connected)
      }
      return connected
    },
    attach(name, phone) {
      phones.set(name, phone)
      return () => void phones.delete(name)
    },
    drop() {
      const dropped = flow
      flow = undefined
      if (dropped !== undefined) transport.close(dropped)
    },
    onLost: listener => void lost.push(listener),
    async stop() {
      flow = undefined
      transactions.stop()
      await transport.stop()
    },
  }
}
