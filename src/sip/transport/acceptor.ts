/**
 * Accepts connections for one listener (TCP, TLS, WS, WSS): the filter and the limits first, then TLS, then the
 * WebSocket upgrade, and hands out the flow. A connection costs next to nothing until its peer has said something.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { inAnyNetwork, normaliseAddress } from '../../base/network.ts'
import { randomBytes } from '../../base/random.ts'
import type { Admission, ConnectionCounts } from './connection-counts.ts'
import { ConnectionFlow, type FlowHost } from './connection-flow.ts'
import { listenError } from './errors.ts'
import type { ListenerOptions } from './options.ts'
import { addressesOf, attachSocket, SocketWire } from './socket-wire.ts'
import { tlsSessionOf } from './tls-settings.ts'
import { awaitFirstOctets, tlsRecordLength } from './first-octets.ts'
import type { InboundFilter, Listener, TransportObserver } from './types.ts'
import { attachWebSocket, createUpgrader, type Upgrader } from './websocket.ts'

export interface AcceptorHost extends FlowHost {
  readonly counts: ConnectionCounts
  readonly filter: InboundFilter | undefined
  readonly observer: TransportObserver
  onOpened(flow: ConnectionFlow): void
}

export interface Acceptor {
  readonly listener: Listener
  start(): Promise<void>
  /** Accepts no more, and ends handshakes under way. Flows live on. */
  stop(): Promise<void>
  /** New handshakes use these from now on. */
  replaceTls(options: TlsOptions): void
  /** Ends handshakes that take too long. */
  sweep(now: number): void
}

/** A connection that is not a flow yet. */
interface Handshake {
  readonly raw: Socket
  readonly admission: Admission
  readonly remoteAddress: string
  readonly deadline: number
}

const BACKLOG = 1024
/** Probes of the operating system that find a peer which vanished. */
const TCP_KEEPALIVE_MS = 120_000
const COMPLAIN_EVERY_MS = 60_000
/** Who steals the key of a session ticket later must not read yesterday's sessions (RFC 9325 §3.4). */
const TICKET_KEY_MS = 12 * 3_600_000
const TICKET_KEY_OCTETS = 48

export function createAcceptor(options: ListenerOptions, host: AcceptorHost, tls: TlsOptions | undefined): Acceptor {
  const { protocol } = options
  const secure = protocol === 'TLS' || protocol === 'WSS'
  const listener = {
    protocol,
    address: options.address,
    port: options.port,
    insecure: !secure && options.insecure !== false,
  }
  // Keyed by the peer's address and port, which name one connection of this listener at any time.
  const handshakes = new Map<string, Handshake>()
  let askedClient = false
  let tlsServer: TlsServer | undefined
  const upgrader: Upgrader | undefined =
    protocol === 'WS' || protocol === 'WSS' ? createUpgrader(host.messageLimits.maximumMessageLength) : undefined
  const httpServer: HttpServer | undefined = upgrader && createHttpGate(upgrader)
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS }, accept)
  let ticketKeySince = host.now
  let lastComplaint = Number.NEGATIVE_INFINITY

  const refuse = (remoteAddress: string, reason: string): void => {
    host.observer.connectionRefused?.(remoteAddress, protocol, reason)
  }

  function admit(remoteAddress: string): Admission | string {
    if (options.sources !== undefined && !inAnyNetwork(remoteAddress, options.sources)) return 'source not allowed'
    if (host.filter !== undefined && !host.filter.acceptConnection(remoteAddress, protocol)) return 'filtered'
    return host.counts.admit(remoteAddress)
  }

  function accept(raw: Socket): void {
    if (raw.remoteAddress === undefined) {
      raw.destroy()
      return
    }
    const remoteAddress = normaliseAddress(raw.remoteAddress)
    const admission = admit(remoteAddress)
    if (typeof admission === 'string') {
      raw.destroy()
      refuse(remoteAddress, admission)
      return
    }
    raw.on('close', () => admission.release())
    if (protocol === 'TCP') {
      open(raw, admission)
      return
    }
    const deadline = host.now + host.limits.handshakeSeconds * 1000
    begin(raw, { raw, admission, remoteAddress, deadline })
  }

  function begin(raw: Socket, handshake: Handshake): void {
    const key = keyOf(raw)
    handshakes.set(key, handshake)
    raw.on('close', () => {
      if (handshakes.get(key) === handshake) handshakes.delete(key)
    })
    raw.on('error', () => raw.destroy())
    awaitFirstOctets(raw, secure ? tlsRecordLength : () => 1, first => {
      if (first === undefined) {
        raw.destroy()
        refuse(handshake.remoteAddress, 'not TLS')
      } else if (secure) tlsServer?.emit('connection', raw)
      else httpServer?.emit('connection', raw)
    })
  }

  /** Takes a connection out of the handshakes; undefined when it was given up in between. */
  function completed(socket: Socket): Handshake | undefined {
    const key = keyOf(socket)
    const handshake = handshakes.get(key)
    handshakes.delete(key)
    return handshake
  }

  function onSecure(socket: TLSSocket): void {
    if (httpServer !== undefined) {
      httpServer.emit('connection', socket)
      return
    }
    const handshake = completed(socket)
    if (handshake === undefined) socket.destroy()
    else open(socket, handshake.admission)
  }

  function open(socket: Socket, admission: Admission): void {
    admission.established()
    const addresses = addressesOf(socket)
    if (addresses === undefined) {
      socket.destroy()
      return
    }
    const session = protocol === 'TLS' ? tlsSessionOf(socket as TLSSocket, askedClient) : undefined
    const wire = new SocketWire(socket)
    const flow = new ConnectionFlow({ ...addresses, protocol, listener, tls: session, wire, host, admission })
    attachSocket(socket, flow)
    host.onOpened(flow)
  }

  function createHttpGate(gate: Upgrader): HttpServer {
    const http = createHttpServer({ maxHeaderSize: 8192, keepAlive: false }, (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' })
      response.end('This is a SIP over WebSocket endpoint (RFC 7118).\n')
    })
    http.on('upgrade', (request, socket, head) => {
      gate.upgrade(request, socket, head, webSocket => {
        const handshake = completed(request.socket)
        const addresses = addressesOf(request.socket)
        if (handshake === undefined || addresses === undefined) {
          webSocket.terminate()
          return
        }
        handshake.admission.established()
        const tlsSession = secure ? tlsSessionOf(request.socket as TLSSocket, askedClient) : undefined
        const common = { ...addresses, protocol, listener, tls: tlsSession, host }
        host.onOpened(attachWebSocket(webSocket, request.socket, { ...common, admission: handshake.admission }))
      })
    })
    http.on('clientError', (_error, socket) => socket.destroy())
    return http
  }

  function replaceTls(next: TlsOptions): void {
    if (!secure) return
    const fresh = createTlsServer(next, onSecure)
    fresh.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const handshake = completed(socket)
      if (handshake !== undefined)
        refuse(handshake.remoteAddress, `TLS handshake failed: ${error.code ?? error.message}`)
      handshake?.raw.destroy()
    })
    askedClient = next.requestCert === true
    ticketKeySince = host.now
    tlsServer = fresh
  }

  if (tls !== undefined) replaceTls(tls)

  return {
    listener,
    replaceTls,
    start: () =>
      new Promise((resolve, reject) => {
        const failed = (error: Error): void => reject(listenError(error, protocol, options.address, options.port))
        server.once('error', failed)
        const where = { host: options.address, port: options.port, backlog: BACKLOG, ipv6Only: true }
        server.listen(where, () => {
          server.removeListener('error', failed)
          server.on('error', complain)
          const bound = server.address()
          if (bound !== null && typeof bound === 'object') {
            listener.address = bound.address
            listener.port = bound.port
          }
          resolve()
        })
      }),
    stop: () =>
      new Promise(resolve => {
        for (const { raw } of handshakes.values()) raw.destroy()
        handshakes.clear()
        httpServer?.closeAllConnections()
        if (!server.listening) {
          resolve()
          return
        }
        // The callback would wait for every connection; not listening any more is enough.
        server.close()
        resolve()
      }),
    sweep(now) {
      if (tlsServer !== undefined && now - ticketKeySince >= TICKET_KEY_MS) {
        ticketKeySince = now
        tlsServer.setTicketKeys(randomBytes(TICKET_KEY_OCTETS))
      }
      for (const [key, handshake] of handshakes) {
        // Oldest first: the rest is younger.
        if (now < handshake.deadline) break
        handshakes.delete(key)
        handshake.raw.destroy()
        refuse(handshake.remoteAddress, 'handshake timeout')
      }
    },
  }

  /** Out of file descriptors and the like: the connection is lost, the listener goes on. */
  function complain(error: NodeJS.ErrnoException): void {
    if (host.now - lastComplaint < COMPLAIN_EVERY_MS) return
    lastComplaint = host.now
    host.observer.listenerFailing?.(listener, error.code ?? 'UNKNOWN', error.message)
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remotePort} ${socket.remoteAddress}`
}
