/** The transport layer (RFC 3261 §18): listeners, flows, and the way of bytes between them and the layers above. */
import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { isIPv6 } from 'node:net'
import type { Timer } from '../../base/clock.ts'
import { DEFAULT_LIMITS } from '../message/error.ts'
import type { MessageLimits, SipUri } from '../message/types.ts'
import { type Acceptor, type AcceptorHost, createAcceptor } from './acceptor.ts'
import { createConnectionCounts } from './connection-counts.ts'
import { ConnectionFlow } from './connection-flow.ts'
import { createConnector } from './connector.ts'
import { probeDescriptors } from './descriptor-probe.ts'
import { TransportError } from './errors.ts'
import { createInbound } from './inbound.ts'
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from './limits.ts'
import type { ListenerOptions, TlsIdentity, TransportLayerOptions } from './options.ts'
import { createResolution, createSystemResolver } from './resolver.ts'
import { serverTlsOptions } from './tls-settings.ts'
import type { Flow, FlowCloseReason, Listener, MessageReceiver, Target, Transport } from './types.ts'
import { UdpFlow, UdpFlowTable, type UdpHost, UdpPort } from './udp-port.ts'
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
  const { clock, filter, observer = {} } = options
  const limits: TransportLimits = { ...DEFAULT_TRANSPORT_LIMITS, ...options.limits }
  const messageLimits: MessageLimits = { ...DEFAULT_LIMITS, ...options.messageLimits }
  const mayAnswer = options.mayAnswer ?? (() => true)
  const counts = createConnectionCounts(limits, options.exemptSources ?? [])
  const udpFlows = new UdpFlowTable(limits)
  const connections = new Set<ConnectionFlow>()
  const byId = new Map<string, ConnectionFlow>()
  const closedCallbacks: ((flow: Flow, reason: FlowCloseReason) => void)[] = []
  const detachers: (() => void)[] = []
  let now = clock.monotonic()
  let running: Promise<void> | undefined
  let stopping: Promise<void> | undefined
  let sweepTimer: Timer | undefined
  let portIndex = 0
  let probing = false
  let lastExhausted = Number.NEGATIVE_INFINITY
  let drained: (() => void) | undefined
  const lastComplaint = new Map<UdpPort, number>()
  /** UDP ports that `connect` uses, by family and reach: at most four. */
  const clientPorts = new Map<string, Promise<UdpPort>>()

  const inbound = createInbound({ limits: messageLimits, observer, mayAnswer, send })

  const host: AcceptorHost = {
    limits,
    messageLimits,
    counts,
    filter,
    observer,
    get now() {
      return now
    },
    onFrame: inbound.onBytes,
    onFramingError: inbound.onFramingError,
    onOpened(flow) {
      connections.add(flow)
      byId.set(flow.id, flow)
      observer.flowOpened?.(flow)
    },
    onClosed(flow, reason) {
      byId.delete(flow.id)
      connector.forget(flow)
      told(flow, reason)
    },
    onGone(flow) {
      connections.delete(flow)
      if (connections.size === 0) drained?.()
    },
  }

  const connector = createConnector({
    host,
    clock,
    identity: options.tls,
    trustedCaPem: options.trustedCaPem,
    onOpened: host.onOpened,
  })

  const udpHost: UdpHost = {
    limits,
    filter,
    flows: udpFlows,
    mayAnswer,
    get now() {
      return now
    },
    onDatagram: inbound.onBytes,
    onFailing(port, error) {
      if (
        port.listener === undefined ||
        now - (lastComplaint.get(port) ?? Number.NEGATIVE_INFINITY) < COMPLAIN_EVERY_MS
      )
        return
      lastComplaint.set(port, now)
      observer.listenerFailing?.(port.listener, error.code ?? 'UNKNOWN', error.message)
    },
  }

  const acceptors: Acceptor[] = []
  const udpPorts: UdpPort[] = []
  const opened: OpenListener[] = []
  const resolve = createResolution({ resolver: options.resolver ?? createSystemResolver(), clock })

  function told(flow: Flow, reason: FlowCloseReason): void {
    observer.flowClosed?.(flow, reason)
    for (const callback of closedCallbacks) callback(flow, reason)
  }

  function build(): OpenListener[] {
    const wantsTls = options.listeners.some(({ protocol }) => protocol === 'TLS' || protocol === 'WSS')
    if (wantsTls && options.tls === undefined) {
      throw new TransportError('TRANSPORT_TLS_IDENTITY', 'a TLS or WSS listener needs a certificate and its key')
    }
    const tls = wantsTls && options.tls !== undefined ? serverTlsOptions(options.tls) : undefined
    return options.listeners.map(listenerOptions => {
      if (listenerOptions.protocol === 'UDP') return buildUdp(listenerOptions)
      const acceptor = createAcceptor(listenerOptions, host, tls)
      acceptors.push(acceptor)
      return acceptor
    })
  }

  function buildUdp({ address, port, sources, insecure }: ListenerOptions): OpenListener {
    const listener = { protocol: 'UDP' as const, address, port, insecure: insecure !== false }
    const udp = new UdpPort({ address, port, sources, listener, index: portIndex++ }, udpHost)
    udpPorts.push(udp)
    return {
      listener,
      async start() {
        await udp.start()
        Object.assign(listener, udp.bound)
      },
      stop: () => udp.stop(),
    }
  }

  const built = build()

  async function open(): Promise<void> {
    for (const entry of built) {
      try {
        await entry.start()
      } catch (error) {
        await Promise.all(opened.map(other => other.stop()))
        opened.length = 0
        running = undefined
        throw error
      }
      opened.push(entry)
    }
    now = clock.monotonic()
    scheduleSweep()
    for (const { listener } of opened) observer.listening?.(listener)
  }

  function scheduleSweep(): void {
    sweepTimer = clock.schedule(SWEEP_MS, () => {
      now = clock.monotonic()
      for (const acceptor of acceptors) acceptor.sweep(now)
      for (const flow of connections) flow.sweep(now)
      udpFlows.sweep(now)
      void checkDescriptors()
      scheduleSweep()
    })
  }

  async function checkDescriptors(): Promise<void> {
    if (observer.listenerFailing === undefined || probing) return
    probing = true
    const code = await probeDescriptors()
    probing = false
    if (code === undefined || now - lastExhausted < COMPLAIN_EVERY_MS) return
    lastExhausted = now
    const detail = 'no file descriptors left: connections are lost; raise the limit on open files (ulimit -n)'
    for (const { listener } of opened) if (listener.protocol !== 'UDP') observer.listenerFailing(listener, code, detail)
  }

  async function close(): Promise<void> {
    connector.stop()
    for (const detach of detachers.splice(0)) detach()
    await Promise.all(acceptors.map(acceptor => acceptor.stop()))
    if (connections.size > 0) {
      const { promise, resolve: finished } = Promise.withResolvers<void>()
      drained = finished
      const timer = clock.schedule(limits.drainSeconds * 1000, finished)
      for (const flow of connections) flow.close('stopped')
      await promise
      timer.cancel()
    }
    for (const flow of connections) flow.abort('stopped')
    await Promise.all(udpPorts.map(port => port.stop()))
    sweepTimer?.cancel()
    opened.length = 0
  }

  function send(flow: Flow, bytes: string | Uint8Array): boolean {
    if (flow instanceof ConnectionFlow) return flow.send(bytes)
    if (!(flow instanceof UdpFlow)) return false
    return flow.port.send(flow, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** A UDP listener that can reach the address, or a socket of our own that hears only whom we spoke to. */
  async function openUdpPort(address: string): Promise<UdpPort> {
    const ipv6 = isIPv6(address)
    const listening = udpPorts.find(
      port => port.open && port.ipv6 === ipv6 && (!isLoopback(port.bound.address) || isLoopback(address)),
    )
    if (listening !== undefined) return listening
    const index = portIndex++
    const any = ipv6 ? '::' : '0.0.0.0'
    const port = new UdpPort({ address: any, port: 0, sources: undefined, listener: undefined, index }, udpHost)
    await port.start()
    udpPorts.push(port)
    return port
  }

  function udpPortFor(address: string): Promise<UdpPort> {
    const kind = `${isIPv6(address)} ${isLoopback(address)}`
    let port = clientPorts.get(kind)
    if (port === undefined) {
      port = openUdpPort(address)
      clientPorts.set(kind, port)
      port.catch(() => clientPorts.delete(kind))
    }
    return port
  }

  return {
    get listeners() {
      return opened.map(({ listener }) => listener)
    },
    get counts() {
      return { connections: connections.size, handshakes: counts.handshakes, udpFlows: udpFlows.size }
    },
    start() {
      if (stopping !== undefined) {
        return Promise.reject(new TransportError('TRANSPORT_STOPPED', 'a stopped transport layer does not start again'))
      }
      running ??= open()
      return running
    },
    stop() {
      stopping ??= (running ?? Promise.resolve()).then(close, close)
      return stopping
    },
    setReceiver: inbound.setReceiver,
    send,
    resolve: (uri: SipUri) => resolve(uri),
    flow: id => byId.get(id) ?? udpFlows.byId(id),
    async connect(target: Target) {
      if (running === undefined || stopping !== undefined) {
        throw new TransportError('TRANSPORT_STOPPED', 'the transport layer is not running')
      }
      if (target.protocol !== 'UDP') return connector.connect(target)
      const port = await udpPortFor(target.address)
      const { address, port: remotePort } = target
      return udpFlows.find(port, address, remotePort, now) ?? udpFlows.add(port, address, remotePort, now)
    },
    onFlowClosed(callback) {
      closedCallbacks.push(callback)
    },
    keepAlive(flow, seconds) {
      if (flow instanceof ConnectionFlow) flow.keepAlive(seconds)
      else if (flow instanceof UdpFlow) udpFlows.hold(flow, now + seconds * 1000)
    },
    close(flow) {
      if (flow instanceof ConnectionFlow) flow.close('stopped')
      else if (flow instanceof UdpFlow) udpFlows.remove(flow)
    },
    replaceTlsIdentity(identity) {
      const tls = serverTlsOptions(identity)
      for (const acceptor of acceptors) acceptor.replaceTls(tls)
      connector.replaceIdentity(identity)
    },
    attachWebSocketServer(server) {
      detachers.push(attachUpgrades(server, host))
    },
    async closeListener(listener) {
      const index = opened.findIndex(entry => entry.listener === listener)
      if (index < 0) return
      const [entry] = opened.splice(index, 1)
      for (const flow of connections) if (flow.listener === listener) flow.close('stopped')
      const port = udpPorts.find(candidate => candidate.listener === listener)
      await entry!.stop()
      if (port === undefined) return
      udpPorts.splice(udpPorts.indexOf(port), 1)
      clientPorts.clear()
      for (const flow of udpFlows.removePort(port)) told(flow, 'stopped')
    },
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
