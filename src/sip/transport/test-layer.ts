/** A transport layer under test: what it said is collected, and everything is closed when the test ends. */
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { buildResponse } from '../message/build.ts'
import { serialise } from '../message/serialise.ts'
import type { SipMessage } from '../message/types.ts'
import type { TransportLayerOptions } from './options.ts'
import { createTransportLayer, type TransportLayer } from './transport-layer.ts'
import type { Flow, FlowCloseReason, TransportProtocol } from './types.ts'

export interface TestLayer {
  readonly layer: TransportLayer
  readonly clock: ManualClock
  readonly messages: { readonly message: SipMessage; readonly flow: Flow }[]
  readonly opened: Flow[]
  readonly closed: { readonly flow: Flow; readonly reason: FlowCloseReason }[]
  readonly refusedConnections: string[]
  readonly refusedMessages: string[]
  readonly failing: string[]
  port(protocol: TransportProtocol): number
}

/** Answers every request with 200. Started; stopped by the test's end. */
export async function startLayer(context: TestContext, options: Partial<TransportLayerOptions>): Promise<TestLayer> {
  const clock = new ManualClock()
  const messages: TestLayer['messages'] = []
  const opened: Flow[] = []
  const closed: TestLayer['closed'] = []
  const refusedConnections: string[] = []
  const refusedMessages: string[] = []
  const failing: string[] = []
  const layer = createTransportLayer({
    listeners: [],
    tls: undefined,
    clock,
    observer: {
      flowOpened: flow => opened.push(flow),
      flowClosed: (flow, reason) => closed.push({ flow, reason }),
      connectionRefused: (_address, _protocol, reason) => refusedConnections.push(reason),
      messageRefused: (_flow, error) => refusedMessages.push(error),
      listenerFailing: (_listener, code) => failing.push(code),
    },
    ...options,
  })
  layer.setReceiver({
    onMessage(message, flow) {
      messages.push({ message, flow })
      if (message.kind === 'request' && message.method !== 'ACK') {
        layer.send(flow, serialise(buildResponse(message, 200, 'OK', { toTag: 'tag' })))
      }
    },
  })
  context.after(() => layer.stop())
  await layer.start()
  const port = (protocol: TransportProtocol): number => layer.listeners.find(l => l.protocol === protocol)!.port
  return { layer, clock, messages, opened, closed, refusedConnections, refusedMessages, failing, port }
}

export interface RawClient {
  readonly socket: Socket
  /** Everything received, as a byte string. */
  text: string
  ended: boolean
}

/** A plain TCP connection, or what `make` opens. Destroyed by the test's end. */
export async function rawClient(
  context: TestContext,
  port: number,
  make = (): Socket => connect({ port, host: '127.0.0.1' }),
  ready = 'connect',
): Promise<RawClient> {
  const socket = make()
  const client: RawClient = { socket, text: '', ended: false }
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    client.text += chunk.toString('latin1')
  })
  socket.on('close', () => {
    client.ended = true
  })
  context.after(() => void socket.destroy())
  await new Promise(resolve => socket.once(ready, resolve))
  return client
}

/** Resolves when `condition` holds; rejects when it does not within five seconds. */
export async function until(condition: () => boolean, what = condition.toString()): Promise<void> {
  const deadline = Date.now() + 5000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** A request as it goes over the wire. */
export function request(protocol: string, changes: { via?: string; callId?: string; body?: string } = {}): string {
  const { via = 'client.example.com;rport', callId = 'c1', body = '' } = changes
  return [
    'OPTIONS sip:example.com SIP/2.0',
    `Via: SIP/2.0/${protocol} ${via};branch=z9hG4bK776asdhds`,
    'Max-Forwards: 70',
    'From: <sip:alice@example.com>;tag=1928301774',
    'To: <sip:bob@example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 314159 OPTIONS',
    ...(body === '' ? [] : ['Content-Type: text/plain']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}
