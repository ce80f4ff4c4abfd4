/** The transport layer (RFC 3261 §18): listeners, flows, and the way of bytes between them and the layers above. */
import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Clock, Timer } from '../../base/clock.ts'
import { DEFAULT_LIMITS } from '../message/error.ts'
import type { MessageLimits, SipUri } from '../message/types.ts'
import { Acceptor, type AcceptorHost } from './acceptor.ts'
import { type ConnectionCounts, createConnectionCounts } from './connection-counts.ts'
import { ConnectionFlow } from './connection-flow.ts'
import { type Connector, createConnector } from './connector.ts'
import { probeDescriptors } from './descriptor-probe.ts'
import { TransportError } from './errors.ts'
import { createInbound, type Inbound } from './inbound.ts'
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from './limits.ts'
import type { TlsIdentity, TransportLayerOptions } from './options.ts'
import { createSystemResolver } from './dns-cache.ts'
import { createResolution } from './resolver.ts'
import { serverTlsOptions } from './tls-settings.ts'
import type {
  Flow,
  FlowCloseReason,
  InboundFilter,
  Listener,
  MessageReceiver,
  Target,
  Transport,
  TransportObserver,
} from './types.ts'
import { UdpFlow } from './udp-port.ts'
import { UdpPorts } from './udp-ports.ts'
import { attachUpgrades } from './upgrades.ts'

export interface TransportLayer extends Transport {
  /** Opens every listener, or none: rejects with TransportError. Idempotent. */
  start(): Promise<void>
  /** Closes listeners and flows; what was sent is flushed within `drainSeconds`. Idempotent. */
  stop(): Promise<void>
  readonly listeners: readonly Listener[]
  /** New handshakes use this identity; connections that are up stay up. Throws TransportError where it is unusable. */
  replaceTlsIdentity(identity: TlsIdentity): void
  /** Takes SIP over WebSocket (RFC 7118) on `/` and `/sip` of a server that somebody else owns. */
  attachWebSocketServer(server: HttpServer | HttpsServer): void
  /** Closes one listener and the flows that came in by it. */
  closeListener(listener: Listener): Promise<void>
  setReceiver(receiver: MessageReceiver): void
  /** Connections, handshakes under way, and UDP flows known. */
  readonly counts: { readonly connections: number; readonly handshakes: number; readonly udpFlows: number }
}

const SWEEP_MS = 1_000
const COMPLAIN_EVERY_MS = 60_000

interface OpenListener {
  readonly listener: Listener
  start(): Promise<void>
  stop(): Promise<void>
}

/** Pure until `start`. Throws TransportError on options that cannot work. */
export function createTransportLayer(options: TransportLayerOptions): TransportLayer {
  return new Layer(options)
}

class Layer implements TransportLayer, AcceptorHost {
  readonly limits: TransportLimits
  readonly messageLimits: MessageLimits
  readonly connectionCounts: ConnectionCounts
  readonly filter: InboundFilter | undefined
  readonly observer: TransportObserver
  readonly nativeCode: boolean
  readonly webSocketOrigins: readonly string[]
  readonly onFrame: Inbound['onBytes']
  readonly onFramingError: Inbound['onFramingError']
  readonly #clock: Clock
  readonly #inbound: Inbound
  readonly #connector: Connector
  readonly #udp: UdpPorts
  readonly #resolve: (uri: SipUri) => Promise<readonly Target[]>
  readonly #acceptors: Acceptor[] = []
  readonly #built: readonly OpenListener[]
  readonly #opened: OpenListener[] = []
  readonly #connections = new Set<ConnectionFlow>()
  /** Flows with something to send at the end of this turn. Bounded by the connections. */
  #waiting: ConnectionFlow[] = []
  readonly #byId = new Map<string, ConnectionFlow>()
  readonly #closedCallbacks: ((flow: Flow, reason: FlowCloseReason) => void)[] = []
  readonly #detachers: (() => void)[] = []
  #now: number
  #running: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #sweepTimer: Timer | undefined
  #drained: (() => void) | undefined
  #probing = false
  #lastExhausted = Number.NEGATIVE_INFINITY

  constructor(options: TransportLayerOptions) {
    const { clock, observer = {}, mayAnswer = () => true, mayRefuse, tls, trustedCaPem } = options
    this.limits = { ...DEFAULT_TRANSPORT_LIMITS, ...options.limits }
    this.messageLimits = { ...DEFAULT_LIMITS, ...options.messageLimits }
    this.connectionCounts = createConnectionCounts(this.limits, options.exemptSources ?? [], options.isTrustedSource)
    this.filter = options.filter
    this.observer = observer
    this.nativeCode = options.nativeCode ?? true
    this.webSocketOrigins = options.webSocketOrigins ?? []
    this.#clock = clock
    this.#now = clock.monotonic()
    const send = (flow: Flow, bytes: string | Uint8Array): boolean => this.send(flow, bytes)
    this.#inbound = createInbound({ limits: this.messageLimits, observer, mayAnswer, mayRefuse, send })
    this.onFrame = this.#inbound.onBytes
    this.onFramingError = this.#inbound.onFramingError
    const onOpened = (flow: ConnectionFlow): void => this.onOpened(flow)
    this.#connector = createConnector({ host: this, clock, identity: tls, trustedCaPem, onOpened })
    this.#udp = new UdpPorts(this, mayAnswer)
    this.#resolve = createResolution({ resolver: options.resolver ?? createSystemResolver(), clock })
    this.#built = this.#build(options)
  }

  get now(): number {
    return this.#now
  }

  get listeners(): readonly Listener[] {
    return this.#opened.map(({ listener }) => listener)
  }

  get counts(): TransportLayer['counts'] {
    const { handshakes } = this.connectionCounts
    return { connections: this.#connections.size, handshakes, udpFlows: this.#udp.flows.size }
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) {
      return Promise.reject(new TransportError('TRANSPORT_STOPPED', 'a stopped transport layer does not start again'))
    }
    this.#running ??= this.#open()
    return this.#running
  }

  stop(): Promise<void> {
    const close = (): Promise<void> => this.#close()
    this.#stopping ??= (this.#running ?? Promise.resolve()).then(close, close)
    return this.#stopping
  }

  setReceiver(receiver: MessageReceiver): void {
    this.#inbound.setReceiver(receiver)
  }

  send(flow: Flow, bytes: string | Uint8Array): boolean {
    this.observer.messageSent?.(flow, bytes)
    if (flow instanceof ConnectionFlow) return flow.send(bytes)
    if (!(flow instanceof UdpFlow)) return false
    return flow.port.send(flow, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  async connect(target: Target): Promise<Flow> {
    if (this.#running === undefined || this.#stopping !== undefined) {
      throw new TransportError('TRANSPORT_STOPPED', 'the transport layer is not running')
    }
    return target.protocol === 'UDP' ? this.#udp.connect(target) : this.#connector.connect(target)
  }

  resolve(uri: SipUri): Promise<readonly Target[]> {
    return this.#resolve(uri)
  }

  flow(id: string): Flow | undefined {
    return this.#byId.get(id) ?? this.#udp.flows.byId(id)
  }

  flowToPort(flow: Flow, remotePort: number): Flow {
    return flow instanceof UdpFlow ? this.#udp.beside(flow, remotePort) : flow
  }

  onFlowClosed(callback: (flow: Flow, reason: FlowCloseReason) => void): void {
    this.#closedCallbacks.push(callback)
  }

  keepAlive(flow: Flow, seconds: number): void {
    if (flow instanceof ConnectionFlow) flow.keepAlive(seconds)
    else if (flow instanceof UdpFlow) this.#udp.flows.hold(flow, this.#now + seconds * 1000)
  }

  close(flow: Flow, reason: 'stopped' | 'refused' = 'stopped'): void {
    if (flow instanceof ConnectionFlow) flow.close(reason)
    else if (flow instanceof UdpFlow) this.#udp.flows.remove(flow)
  }

  replaceTlsIdentity(identity: TlsIdentity): void {
    const tls = serverTlsOptions(identity)
    for (const acceptor of this.#acceptors) acceptor.replaceTls(tls)
    this.#connector.replaceIdentity(identity)
  }

  attachWebSocketServer(server: HttpServer | HttpsServer): void {
    this.#detachers.push(attachUpgrades(server, this))
  }

  async closeListener(listener: Listener): Promise<void> {
    const index = this.#opened.findIndex(entry => entry.listener === listener)
    if (index < 0) return
    const [entry] = this.#opened.splice(index, 1)
    for (const flow of this.#connections) if (flow.listener === listener) flow.close('stopped')
    await entry!.stop()
    for (const flow of this.#udp.forget(listener)) this.#tellClosed(flow, 'stopped')
  }

  /** Answers to what came together leave together, whatever records or segments it came in. */
  flushLater(flow: ConnectionFlow): void {
    if (this.#waiting.push(flow) > 1) return
    setImmediate(() => {
      const flows = this.#waiting
      this.#waiting = []
      for (const waiting of flows) waiting.flush()
    })
  }

  onOpened(flow: ConnectionFlow): void {
    this.#connections.add(flow)
    this.#byId.set(flow.id, flow)
    this.observer.flowOpened?.(flow)
  }

  onClosed(flow: ConnectionFlow, reason: FlowCloseReason): void {
    this.#byId.delete(flow.id)
    this.#connector.forget(flow)
    this.#tellClosed(flow, reason)
  }

  onGone(flow: ConnectionFlow): void {
    this.#connections.delete(flow)
    if (this.#connections.size === 0) this.#drained?.()
  }

  #tellClosed(flow: Flow, reason: FlowCloseReason): void {
    this.observer.flowClosed?.(flow, reason)
    for (const callback of this.#closedCallbacks) callback(flow, reason)
  }

  #build({ listeners, tls: identity }: TransportLayerOptions): OpenListener[] {
    const wantsTls = listeners.some(({ protocol }) => protocol === 'TLS' || protocol === 'WSS')
    if (wantsTls && identity === undefined) {
      throw new TransportError('TRANSPORT_TLS_IDENTITY', 'a TLS or WSS listener needs a certificate and its key')
    }
    const tls = wantsTls && identity !== undefined ? serverTlsOptions(identity) : undefined
    return listeners.map(options => {
      if (options.protocol === 'UDP') return this.#udp.createListener(options)
      const acceptor = new Acceptor(options, this, tls)
      this.#acceptors.push(acceptor)
      return acceptor
    })
  }

  async #open(): Promise<void> {
    for (const entry of this.#built) {
      try {
        await entry.start()
      } catch (error) {
        await Promise.all(this.#opened.splice(0).map(other => other.stop()))
        this.#running = undefined
        throw error
      }
      this.#opened.push(entry)
    }
    this.#now = this.#clock.monotonic()
    this.#scheduleSweep()
    for (const { listener } of this.#opened) this.observer.listening?.(listener)
  }

  #scheduleSweep(): void {
    this.#sweepTimer = this.#clock.schedule(SWEEP_MS, () => {
      this.#now = this.#clock.monotonic()
      for (const acceptor of this.#acceptors) acceptor.sweep(this.#now)
      for (const flow of this.#connections) flow.sweep(this.#now)
      this.#udp.flows.sweep(this.#now)
      void this.#checkDescriptors()
      this.#scheduleSweep()
    })
  }

  async #checkDescriptors(): Promise<void> {
    if (this.observer.listenerFailing === undefined || this.#probing) return
    this.#probing = true
    const code = await probeDescriptors()
    this.#probing = false
    if (code === undefined || this.#now - this.#lastExhausted < COMPLAIN_EVERY_MS) return
    this.#lastExhausted = this.#now
    const detail = 'no file descriptors left: connections are lost; raise the limit on open files (ulimit -n)'
    for (const { listener } of this.#opened) {
      if (listener.protocol !== 'UDP') this.observer.listenerFailing(listener, code, detail)
    }
  }

  async #close(): Promise<void> {
    this.#connector.stop()
    for (const detach of this.#detachers.splice(0)) detach()
    await Promise.all(this.#acceptors.map(acceptor => acceptor.stop()))
    if (this.#connections.size > 0) {
      const { promise, resolve: finished } = Promise.withResolvers<void>()
      this.#drained = finished
      const timer = this.#clock.schedule(this.limits.drainSeconds * 1000, finished)
      for (const flow of this.#connections) flow.close('stopped')
      await promise
      timer.cancel()
    }
    for (const flow of this.#connections) flow.abort('stopped')
    await this.#udp.stop()
    this.#sweepTimer?.cancel()
    this.#opened.length = 0
  }
}
