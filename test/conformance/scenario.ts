/** A transaction layer between a fake transport and a user that writes down what it hears; time passes by hand. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../src/base/clock.ts'
import { buildRequest, buildResponse, type HeaderPair } from '../../src/sip/message/build.ts'
import { prependHeader } from '../../src/sip/message/change.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { serialise } from '../../src/sip/message/serialise.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { createTransactionLayer, type RunningTransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import type {
  ClientTransactionUser,
  ServerTransaction,
  TransactionLayerOptions,
  TransactionUser,
} from '../../src/sip/transaction/types.ts'
import { type FakeFlow, FakeTransport, fakeFlow } from '../../src/sip/transport/fake-transport.ts'
import type { Flow } from '../../src/sip/transport/types.ts'

export interface RequestParts {
  readonly method?: string
  readonly uri?: string
  readonly branch?: string | undefined
  readonly via?: string
  readonly callId?: string
  readonly fromTag?: string | undefined
  readonly toTag?: string | undefined
  readonly cseq?: number
  readonly cseqMethod?: string
  readonly headers?: readonly HeaderPair[]
}

let branchNumber = 0

/** A request as a phone at 192.0.2.10 sends it. */
export function request(parts: RequestParts = {}): SipRequest {
  const { method = 'INVITE', uri = 'sip:bob@example.com', callId = 'call-1@192.0.2.10', cseq = 1 } = parts
  const branch = 'branch' in parts ? parts.branch : `z9hG4bK-${++branchNumber}`
  const via = parts.via ?? `SIP/2.0/UDP 192.0.2.10:5060${branch === undefined ? '' : `;branch=${branch}`}`
  const fromTag = 'fromTag' in parts ? parts.fromTag : 'alice-tag'
  return reparse(
    buildRequest({
      method,
      uri,
      headers: [
        ['Via', via],
        ['Max-Forwards', '70'],
        ['From', `<sip:alice@example.com>${fromTag === undefined ? '' : `;tag=${fromTag}`}`],
        ['To', `<sip:bob@example.com>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}`],
        ['Call-ID', callId],
        ['CSeq', `${cseq} ${parts.cseqMethod ?? method}`],
        ['Contact', '<sip:alice@192.0.2.10>'],
        ...(parts.headers ?? []),
      ],
    }),
  )
}

/** A request of ours, for the layer to put its Via on. */
export function ownRequest(parts: RequestParts = {}): SipRequest {
  const { method = 'INVITE', uri = 'sip:bob@192.0.2.10', cseq = 7 } = parts
  return buildRequest({
    method,
    uri,
    headers: [
      ['Max-Forwards', '70'],
      ['From', '<sip:pbx@example.com>;tag=our-tag'],
      ['To', `<sip:bob@example.com>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}`],
      ['Call-ID', parts.callId ?? 'own-call@192.0.2.1'],
      ['CSeq', `${cseq} ${method}`],
      ...(parts.headers ?? []),
    ],
  })
}

/** Through the wire and back; with a Via, where the transaction layer would have put one. */
export function reparse<M extends SipMessage>(message: M): M {
  const via = 'SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK-own'
  const whole = message.header('Via') === undefined ? prependHeader(message, 'Via', via) : message
  const parsed = parseMessage(serialise(whole))
  if (!parsed.ok) throw parsed.error
  return parsed.value as M
}

export interface Heard {
  readonly requests: ServerTransaction[]
  readonly cancels: { readonly invite: ServerTransaction; readonly cancel: SipRequest }[]
  readonly acks: SipRequest[]
  readonly failures: { readonly transaction: ServerTransaction; readonly reason: string }[]
  readonly strays: SipResponse[]
}

export interface Scenario {
  readonly clock: ManualClock
  readonly transport: FakeTransport
  readonly layer: RunningTransactionLayer
  readonly heard: Heard
  readonly flow: FakeFlow
  receive(message: SipMessage, flow?: Flow): void
  /** Receives a request and gives its new server transaction. */
  arrive(message: SipRequest, flow?: Flow): ServerTransaction
  /** Statuses of the responses sent since the last time. */
  statuses(): number[]
}

export interface ScenarioOptions extends Partial<Omit<TransactionLayerOptions, 'transport' | 'clock' | 'user'>> {
  readonly flow?: FakeFlow
  readonly onRequest?: (request: SipRequest, transaction: ServerTransaction) => void
}

export function scenario(options: ScenarioOptions = {}): Scenario {
  const { flow = fakeFlow(), onRequest, ...layerOptions } = options
  const clock = new ManualClock()
  const transport = new FakeTransport()
  const heard: Heard = { requests: [], cancels: [], acks: [], failures: [], strays: [] }
  const user: TransactionUser = {
    onRequest(message, transaction) {
      heard.requests.push(transaction)
      onRequest?.(message, transaction)
    },
    onCancel: (invite, cancel) => void heard.cancels.push({ invite, cancel }),
    onAck: ack => void heard.acks.push(ack),
    onServerTransactionFailed: (transaction, reason) => void heard.failures.push({ transaction, reason }),
    onStrayResponse: response => void heard.strays.push(response),
  }
  const sentBy = () => ({ host: '192.0.2.1', port: 5060 })
  const layer = createTransactionLayer({ sentBy, ...layerOptions, transport, clock, user })
  const receive = (message: SipMessage, over: Flow = flow): void => layer.onMessage(message, over)
  return {
    clock,
    transport,
    layer,
    heard,
    flow,
    receive,
    arrive(message, over) {
      const before = heard.requests.length
      receive(message, over)
      const transaction = heard.requests[before]
      if (transaction === undefined) throw new Error(`the ${message.method} did not reach the user`)
      return transaction
    },
    statuses: () => transport.takeResponses().map(response => response.status),
  }
}

export function answer(transaction: ServerTransaction, status: number, toTag = 'bob-tag'): SipResponse {
  return buildResponse(transaction.request, status, undefined, { toTag })
}

export interface HeardClient extends ClientTransactionUser {
  /** `180`, `200`, `timeout`, `error` in the order heard. */
  readonly log: string[]
  readonly finals: SipResponse[]
  readonly errors: Error[]
}

export function clientUser(): HeardClient {
  const log: string[] = []
  const finals: SipResponse[] = []
  const errors: Error[] = []
  return {
    log,
    finals,
    errors,
    onProvisional: response => void log.push(String(response.status)),
    onFinal(response) {
      finals.push(response)
      log.push(String(response.status))
    },
    onTimeout: () => void log.push('timeout'),
    onTransportError(error) {
      errors.push(error)
      log.push('error')
    },
  }
}

/** A peer's response to a request of ours as it was sent. */
export function reply(sent: SipRequest, status: number, toTag: string | undefined = 'peer-tag'): SipResponse {
  return reparse(buildResponse(sent, status, undefined, { toTag: status === 100 ? undefined : toTag }))
}

/** The state that a test must leave behind: nothing. */
export function assertNothingLeft({ layer, clock }: Scenario): void {
  const nothing = { servers: 0, completed: 0, clients: 0, merged: 0, flows: 0, timers: 0 }
  assert.deepEqual(layer.footprint, nothing)
  assert.equal(layer.size, 0)
  assert.equal(clock.pendingCount, 0, 'alarms left')
}

/** Lets promises and microtasks run. */
export function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
