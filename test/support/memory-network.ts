/** A network in memory: flows between one server and scripted phones; what is sent is parsed at the other end, later, in order. */
import { parseMessage } from '../../src/sip/message/parse.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { withReceived } from '../../src/sip/transport/received.ts'
import type {
  Flow,
  FlowCloseReason,
  MessageReceiver,
  Target,
  Transport,
  TransportProtocol,
} from '../../src/sip/transport/types.ts'

export interface MemoryFlow extends Flow {
  open: boolean
}

export class MemoryNetwork implements Transport {
  receiver: MessageReceiver | undefined
  readonly #flows = new Map<string, { readonly flow: MemoryFlow; readonly deliver: (message: SipMessage) => void }>()
  readonly #callbacks: ((flow: Flow, reason: FlowCloseReason) => void)[] = []
  #count = 0

  /** A new flow from a phone at its own address; `deliver` hears what the server sends. */
  open(protocol: TransportProtocol, remoteAddress: string, deliver: (message: SipMessage) => void): MemoryFlow {
    this.#count++
    const secure = protocol === 'TLS' || protocol === 'WSS'
    const flow: MemoryFlow = {
      id: `flow-${this.#count}`,
      protocol,
      localAddress: '192.0.2.1',
      localPort: secure ? 5061 : 5060,
      remoteAddress,
      remotePort: 40_000 + this.#count,
      secure,
      reliable: protocol !== 'UDP',
      tls: secure ? { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', clientCertificate: undefined } : undefined,
      listener: { protocol, address: '192.0.2.1', port: secure ? 5061 : 5060, insecure: !secure },
      open: true,
    }
    this.#flows.set(flow.id, { flow, deliver })
    return flow
  }

  /** A phone sends to the server. */
  toServer(flow: Flow, bytes: Buffer): void {
    const message = parse(bytes)
    const seen = message.kind === 'request' ? withReceived(message, flow.remoteAddress, flow.remotePort) : message
    setImmediate(() => this.receiver?.onMessage(seen, flow))
  }

  flowToPort(flow: Flow): Flow {
    return flow
  }

  send(flow: Flow, bytes: string | Uint8Array): boolean {
    const known = this.#flows.get(flow.id)
    if (known === undefined || !known.flow.open) return false
    const message = parse(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes))
    setImmediate(() => known.deliver(message))
    return true
  }

  async connect(target: Target): Promise<Flow> {
    throw new Error(`nothing may connect to ${target.address}: phones are reached by their flows only`)
  }

  async resolve(): Promise<readonly Target[]> {
    return []
  }

  flow(id: string): Flow | undefined {
    const known = this.#flows.get(id)
    return known?.flow.open === true ? known.flow : undefined
  }

  onFlowClosed(callback: (flow: Flow, reason: FlowCloseReason) => void): void {
    this.#callbacks.push(callback)
  }

  keepAlive(): void {}

  close(flow: Flow): void {
    this.closeFlow(flow, 'stopped')
  }

  closeFlow(flow: Flow, reason: FlowCloseReason): void {
    const known = this.#flows.get(flow.id)
    if (known === undefined || !known.flow.open) return
    known.flow.open = false
    for (const callback of this.#callbacks) callback(flow, reason)
  }
}

function parse(bytes: Buffer): SipMessage {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) throw parsed.error
  return parsed.value
}
