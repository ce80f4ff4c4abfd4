/** Opens connections: reused by protocol, address, port and server name, and shared while pending (RFC 3261 §18.1.1). */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { type ClientOptions, WebSocket } from 'ws'
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { ConnectionFlow, type FlowHost } from './connection-flow.ts'
import { connectError, TransportError } from './errors.ts'
import type { TlsIdentity } from './options.ts'
import { verifyAnyServerIdentity } from './server-identity.ts'
import { addressesOf, attachSocket, SocketWire } from './socket-wire.ts'
import { clientTlsOptions, tlsSessionToServer } from './tls-settings.ts'
import type { Target } from './types.ts'
import { attachWebSocket, SUBPROTOCOL } from './websocket.ts'

export interface ConnectorOptions {
  readonly host: FlowHost
  readonly clock: Clock
  readonly identity: TlsIdentity | undefined
  readonly trustedCaPem: readonly string[] | undefined
  readonly onOpened: (flow: ConnectionFlow) => void
}

export interface Connector {
  /** For every protocol but UDP. Rejects with TransportError. */
  connect(target: Target): Promise<ConnectionFlow>
  /** A flow closed: it is not reused any more. */
  forget(flow: ConnectionFlow): void
  replaceIdentity(identity: TlsIdentity): void
  /** Gives up what is pending. */
  stop(): void
}

interface Attempt {
  /** Resolves with the established flow; rejects with what the socket said. */
  readonly flow: Promise<ConnectionFlow>
  abandon(error: Error): void
}

const MAXIMUM_CONTEXTS = 64

export function createConnector(options: ConnectorOptions): Connector {
  const { host, clock, onOpened } = options
  const open = new Map<string, ConnectionFlow>()
  const keys = new Map<ConnectionFlow, string>()
  const pending = new Map<string, Promise<ConnectionFlow>>()
  const attempts = new Set<Attempt>()
  let identity = options.identity
  /** By the authority that is trusted beside the layer's own: making one reads a hundred certificates. */
  const contexts = new BoundedMap<string, SecureContext>(MAXIMUM_CONTEXTS)

  function newContext(authority: string | undefined): SecureContext {
    try {
      return createSecureContext(clientTlsOptions(identity, options.trustedCaPem, authority))
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      throw new TransportError('TRANSPORT_TLS_IDENTITY', `the certificates for a connection are unusable: ${detail}`)
    }
  }

  function contextFor({ trust }: Target): SecureContext {
    const authority = trust?.authorityPem
    let context = contexts.get(authority ?? '')
    if (context === undefined) {
      context = newContext(authority)
      contexts.set(authority ?? '', context)
    }
    return context
  }

  async function establish(target: Target, key: string, context: SecureContext): Promise<ConnectionFlow> {
    const where = `${target.protocol} ${target.address} port ${target.port}`
    const attempt = begin(target, host, context)
    attempts.add(attempt)
    const timer = clock.schedule(host.limits.connectSeconds * 1000, () => {
      const waited = `no connection in ${host.limits.connectSeconds} s`
      attempt.abandon(new TransportError('TRANSPORT_CONNECT_TIMEOUT', `${where}: ${waited}`))
    })
    try {
      const flow = await attempt.flow
      if (!flow.open) throw new TransportError('TRANSPORT_CONNECT_FAILED', `${where}: closed at once by the peer`)
      open.set(key, flow)
      keys.set(flow, key)
      return flow
    } catch (error) {
      throw connectError(error, where)
    } finally {
      timer.cancel()
      attempts.delete(attempt)
      pending.delete(key)
    }
  }

  function begin(target: Target, flowHost: FlowHost, secureContext: SecureContext): Attempt {
    if (target.protocol === 'WS' || target.protocol === 'WSS') {
      return beginWebSocket(target, flowHost, secureContext, onOpened)
    }
    return beginStream(target, flowHost, secureContext, onOpened)
  }

  return {
    async connect(target) {
      const key = keyOf(target)
      const existing = open.get(key)
      if (existing?.open) return existing
      let attempt = pending.get(key)
      if (attempt === undefined) {
        if (pending.size >= host.limits.maximumPendingConnects) {
          throw new TransportError('TRANSPORT_LIMIT', `${pending.size} connections are being opened already`)
        }
        attempt = establish(target, key, contextFor(target))
        pending.set(key, attempt)
      }
      return attempt
    },
    forget(flow) {
      const key = keys.get(flow)
      keys.delete(flow)
      if (key !== undefined && open.get(key) === flow) open.delete(key)
    },
    replaceIdentity(next) {
      identity = next
      contexts.clear()
    },
    stop() {
      const error = new TransportError('TRANSPORT_STOPPED', 'the transport layer stops')
      for (const attempt of attempts) attempt.abandon(error)
    },
  }
}

/** Who asks for less trust, or for another's, never gets this connection. */
function keyOf({ protocol, address, port, serverName, trust, pool }: Target): string {
  const place = `${protocol} ${address} ${port} ${serverName ?? ''}`
  if (trust === undefined && pool === undefined) return place
  return `${place} ${pool ?? ''} ${trust?.names.join(',') ?? ''} ${trust?.authorityPem ?? ''}`
}

function tlsOptionsFor(target: Target, secureContext: SecureContext) {
  const name = target.serverName ?? target.address
  const names = target.trust === undefined || target.trust.names.length === 0 ? [name] : target.trust.names
  return {
    secureContext,
    rejectUnauthorized: true,
    // SNI carries host names only (RFC 6066 §3).
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_hostname: string, certificate: { subject?: unknown; subjectaltname?: string }) =>
      verifyAnyServerIdentity(names, certificate),
  }
}

function beginStream(
  target: Target,
  host: FlowHost,
  secureContext: SecureContext,
  onOpened: (flow: ConnectionFlow) => void,
): Attempt {
  const where = { host: target.address, port: target.port, noDelay: true, keepAlive: true }
  const secure = target.protocol === 'TLS'
  const socket: Socket = secure ? connectTls({ ...where, ...tlsOptionsFor(target, secureContext) }) : connectTcp(where)
  const flow = new Promise<ConnectionFlow>((resolve, reject) => {
    const closed = (): void => reject(new TransportError('TRANSPORT_CONNECT_FAILED', 'closed by the peer'))
    socket.once('error', reject)
    socket.once('close', closed)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.removeListener('error', reject)
      socket.removeListener('close', closed)
      const addresses = addressesOf(socket)
      if (addresses === undefined) {
        socket.destroy()
        closed()
        return
      }
      const tls = secure ? tlsSessionToServer(socket as TLSSocket) : undefined
      const { protocol } = target
      const wire = new SocketWire(socket)
      const opened = new ConnectionFlow({
        ...addresses,
        protocol,
        listener: undefined,
        tls,
        wire,
        host,
        admission: undefined,
      })
      attachSocket(socket, opened)
      onOpened(opened)
      resolve(opened)
    })
  })
  return { flow, abandon: error => void socket.destroy(error) }
}

function beginWebSocket(
  target: Target,
  host: FlowHost,
  secureContext: SecureContext,
  onOpened: (flow: ConnectionFlow) => void,
): Attempt {
  const secure = target.protocol === 'WSS'
  const authority = target.address.includes(':') ? `[${target.address}]` : target.address
  const webSocketOptions: ClientOptions = {
    perMessageDeflate: false,
    maxPayload: host.messageLimits.maximumMessageLength,
    followRedirects: false,
  }
  // `ws` hands all its options to tls.connect, but its types know only some of those.
  if (secure) Object.assign(webSocketOptions, tlsOptionsFor(target, secureContext))
  const url = `${secure ? 'wss' : 'ws'}://${authority}:${target.port}/sip`
  const webSocket = new WebSocket(url, SUBPROTOCOL, webSocketOptions)
  let socket: Socket | undefined
  let abandonedWith: Error | undefined
  const flow = new Promise<ConnectionFlow>((resolve, reject) => {
    const failed = (error: Error): void => reject(abandonedWith ?? error)
    webSocket.on('error', failed)
    webSocket.once('upgrade', response => {
      socket = response.socket
    })
    webSocket.once('open', () => {
      const addresses = socket && addressesOf(socket)
      if (socket === undefined || addresses === undefined) {
        webSocket.terminate()
        reject(new TransportError('TRANSPORT_CONNECT_FAILED', 'closed by the peer'))
        return
      }
      const tls = secure ? tlsSessionToServer(socket as TLSSocket) : undefined
      const { protocol } = target
      const common = { ...addresses, protocol, listener: undefined, tls, host, admission: undefined }
      const opened = attachWebSocket(webSocket, socket, common)
      onOpened(opened)
      resolve(opened)
    })
  })
  return {
    flow,
    abandon(error) {
      abandonedWith = error
      webSocket.terminate()
    },
  }
}
