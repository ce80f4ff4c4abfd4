/** A transport without a network, for tests and measurements: keeps what was sent, and fails where it is told to. */
import { parseMessage } from '../message/parse.ts'
import type { SipMessage, SipRequest, SipResponse, SipUri } from '../message/types.ts'
import type { Flow, FlowCloseReason, Target, Transport, TransportProtocol } from './types.ts'

export interface FakeFlow extends Flow {
  open: boolean
}

export interface SentMessage {
  readonly flow: Flow
  readonly message: SipMessage
}

let flowNumber = 0

/** A flow from `remoteAddress:remotePort`, open. */
export function fakeFlow(
  protocol: TransportProtocol = 'UDP',
  remoteAddress = '192.0.2.10',
  remotePort = protocol === 'UDP' ? 5060 : 40_000,
): FakeFlow {
  return {
    id: `flow-${++flowNumber}`,
    protocol,
    localAddress: '192.0.2.1',
    localPort: protocol === 'UDP' || protocol === 'TCP' ? 5060 : 5061,
    remoteAddress,
    remotePort,
    secure: protocol === 'TLS' || protocol === 'WSS',
    reliable: protocol !== 'UDP',
    tls: undefined,
    listener: undefined,
    open: true,
  }
}

export class FakeTransport implements Transport {
  /** All that was sent, in order. Empty it with `take`. */
  readonly sent: SentMessage[] = []
  /** Targets that were connected to, in order, as `TLS 192.0.2.5:5061`. */
  readonly connected: string[] = []
  /** Addresses that `connect` cannot reach. */
  readonly unreachable = new Set<string>()
  readonly #flows = new Map<string, FakeFlow>()
  readonly #callbacks: ((flow: Flow, reason: FlowCloseReason) => void)[] = []

  send(flow: Flow, bytes: string | Uint8Array): boolean {
    if (!flow.open) return false
    const parsed = parseMessage(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    if (!parsed.ok) throw parsed.error
    this.sent.push({ flow, message: parsed.value })
    return true
  }

  async connect(target: Target): Promise<Flow> {
    this.connected.push(`${target.protocol} ${target.address}:${target.port}`)
    if (this.unreachable.has(target.address)) throw new Error(`${target.address} cannot be reached`)
    const key = `${target.protocol} ${target.address}:${target.port}`
    const known = this.#flows.get(key)
    if (known?.open === true) return known
    const flow = fakeFlow(target.protocol, target.address, target.port)
    this.#flows.set(key, flow)
    return flow
  }

  async resolve(uri: SipUri): Promise<readonly Target[]> {
    const secure = uri.scheme === 'sips'
    const port = uri.port ?? (secure ? 5061 : 5060)
    return [{ protocol: secure ? 'TLS' : 'UDP', address: uri.host, port, serverName: secure ? uri.host : undefined }]
  }

  flow(id: string): Flow | undefined {
    for (const flow of this.#flows.values()) if (flow.id === id && flow.open) return flow
    return undefined
  }

  onFlowClosed(callback: (flow: Flow, reason: FlowCloseReason) => void): void {
    this.#callbacks.push(callback)
  }

  flowToPort(flow: Flow, remotePort: number): Flow {
    return flow.reliable ? flow : fakeFlow('UDP', flow.remoteAddress, remotePort)
  }

  keepAlive(): void {}

  close(flow: Flow): void {
    this.closeFlow(flow as FakeFlow, 'stopped')
  }

  /** The peer's end, or ours, went away. */
  closeFlow(flow: FakeFlow, reason: FlowCloseReason = 'peer-closed'): void {
    flow.open = false
    for (const callback of this.#callbacks) callback(flow, reason)
  }

  /** What was sent since the last `take`. */
  take(): SentMessage[] {
    return this.sent.splice(0)
  }

  /** The responses among it. */
  takeResponses(): SipResponse[] {
    return this.take().flatMap(({ message }) => (message.kind === 'response' ? [message] : []))
  }

  /** The requests among it. */
  takeRequests(): SipRequest[] {
    return this.take().flatMap(({ message }) => (message.kind === 'request' ? [message] : []))
  }
}
