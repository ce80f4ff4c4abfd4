/**
 * Accepts connections for one listener (TCP, TLS, WS, WSS): the filter and the limits first, then TLS, then the
 * WebSocket upgrade, and hands out the flow. A connection costs next to nothing until its peer has said something.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions, type TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import { inAnyNetwork, normaliseAddress } from '../../base/network.ts'
import { randomBytes } from '../../base/random.ts'
import type { Admission, ConnectionCounts } from './connection-counts.ts'
import { ConnectionFlow, type ConnectionFlowOptions, type FlowHost } from './connection-flow.ts'
import { listenError } from './errors.ts'
import type { ListenerOptions } from './options.ts'
import { addressesOf, attachSocket, SocketWire } from './socket-wire.ts'
import { tlsSessionOf } from './tls-settings.ts'
import { awaitFirstOctets, tlsRecordLength } from './first-octets.ts'
import type { InboundFilter, Listener, TransportObserver } from './types.ts'
import { attachWebSocket, createUpgrader } from './websocket.ts'

export interface AcceptorHost extends FlowHost {
  readonly connectionCounts: ConnectionCounts
  readonly filter: InboundFilter | undefined
  readonly observer: TransportObserver
  readonly webSocketOrigins: readonly string[]
  onOpened(flow: ConnectionFlow): void
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

interface MutableListener {
  readonly protocol: ListenerOptions['protocol']
  address: string
  port: number
  readonly insecure: boolean
}

export class Acceptor {
  readonly listener: Listener
  readonly #bound: MutableListener
  readonly #options: ListenerOptions
  readonly #host: AcceptorHost
  readonly #secure: boolean
  readonly #server: Server
  readonly #httpServer: HttpServer | undefined
  /** Keyed by the peer's address and port, which name one connection of this listener at any time; oldest first. */
  readonly #handshakes = new Map<string, Handshake>()
  #tlsServer: TlsServer | undefined
  #askedClient = false
  #ticketKeySince: number
  #lastComplaint = Number.NEGATIVE_INFINITY

  /** `tls`: needed by TLS and WSS. */
  constructor(options: ListenerOptions, host: AcceptorHost, tls: TlsOptions | undefined) {
    const { protocol, address, port } = options
    this.#options = options
    this.#host = host
    this.#secure = protocol === 'TLS' || protocol === 'WSS'
    this.#bound = { protocol, address, port, insecure: !this.#secure && options.insecure !== false }
    this.listener = this.#bound
    this.#ticketKeySince = host.now
    this.#httpServer = protocol === 'WS' || protocol === 'WSS' ? this.#createHttpServer() : undefined
    const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS }
    this.#server = createServer(socketOptions, raw => this.#accept(raw))
    if (tls !== undefined) this.replaceTls(tls)
  }

  /** Rejects with TransportError. */
  start(): Promise<void> {
    const { protocol, address, port } = this.#options
    const server = this.#server
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, protocol, address, port))
      server.once('error', failed)
      server.listen({ host: address, port, backlog: BACKLOG, ipv6Only: true }, () => {
        server.removeListener('error', failed)
        server.on('error', error => this.#complain(error))
        const bound = server.address()
        if (bound !== null && typeof bound === 'object') {
          this.#bound.address = bound.address
          this.#bound.port = bound.port
        }
        resolve()
      })
    })
  }

  /** Accepts no more, and ends handshakes under way. Flows live on. */
  stop(): Promise<void> {
    for (const { raw } of this.#handshakes.values()) raw.destroy()
    this.#handshakes.clear()
    // The callback would wait for every connection; not listening any more is enough.
    if (this.#server.listening) this.#server.close()
    return Promise.resolve()
  }

  /** New handshakes use these from now on; connections that are up do not notice. */
  replaceTls(options: TlsOptions): void {
    if (!this.#secure) return
    const server = createTlsServer(options, socket => this.#onSecure(socket))
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const handshake = this.#completed(socket)
      if (handshake === undefined) return
      this.#refuse(handshake.remoteAddress, `TLS handshake failed: ${error.code ?? error.message}`)
      handshake.raw.destroy()
    })
    this.#askedClient = options.requestCert === true
    this.#ticketKeySince = this.#host.now
    this.#tlsServer = server
  }

  /** Ends handshakes that take too long, and renews the key of session tickets. */
  sweep(now: number): void {
    if (this.#tlsServer !== undefined && now - this.#ticketKeySince >= TICKET_KEY_MS) {
      this.#ticketKeySince = now
      this.#tlsServer.setTicketKeys(randomBytes(TICKET_KEY_OCTETS))
    }
    for (const [key, handshake] of this.#handshakes) {
      if (now < handshake.deadline) break
      this.#handshakes.delete(key)
      handshake.raw.destroy()
      this.#refuse(handshake.remoteAddress, 'handshake timeout')
    }
  }

  #accept(raw: Socket): void {
    if (raw.remoteAddress === undefined) {
      raw.destroy()
      return
    }
    const remoteAddress = normaliseAddress(raw.remoteAddress)
    const admission = this.#admit(remoteAddress)
    if (typeof admission === 'string') {
      raw.destroy()
      this.#refuse(remoteAddress, admission)
      return
    }
    raw.on('close', () => admission.release())
    if (this.#options.protocol === 'TCP') this.#openStream(raw, admission)
    else this.#begin(raw, admission, remoteAddress)
  }

  #admit(remoteAddress: string): Admission | string {
    const { sources, protocol } = this.#options
    const { filter, connectionCounts } = this.#host
    if (sources !== undefined && !inAnyNetwork(remoteAddress, sources)) return 'source not allowed'
    if (filter !== undefined && !filter.acceptConnection(remoteAddress, protocol)) return 'filtered'
    return connectionCounts.admit(remoteAddress)
  }

  #refuse(remoteAddress: string, reason: string): void {
    this.#host.observer.connectionRefused?.(remoteAddress, this.#options.protocol, reason)
  }

  #begin(raw: Socket, admission: Admission, remoteAddress: string): void {
    const { now, limits } = this.#host
    const handshake: Handshake = { raw, admission, remoteAddress, deadline: now + limits.handshakeSeconds * 1000 }
    const key = keyOf(raw)
    this.#handshakes.set(key, handshake)
    raw.on('close', () => {
      if (this.#handshakes.get(key) === handshake) this.#handshakes.delete(key)
    })
    raw.on('error', () => raw.destroy())
    awaitFirstOctets(raw, this.#secure ? tlsRecordLength : () => 1, first => {
      if (first === undefined) {
        raw.destroy()
        this.#refuse(remoteAddress, 'not TLS')
      } else if (this.#secure) this.#tlsServer?.emit('connection', raw)
      else this.#httpServer?.emit('connection', raw)
    })
  }

  /** Takes a connection out of the handshakes; undefined when it was given up in between. */
  #completed(socket: Socket): Handshake | undefined {
    const key = keyOf(socket)
    const handshake = this.#handshakes.get(key)
    this.#handshakes.delete(key)
    return handshake
  }

  #onSecure(socket: TLSSocket): void {
    if (this.#httpServer !== undefined) {
      this.#httpServer.emit('connection', socket)
      return
    }
    const handshake = this.#completed(socket)
    if (handshake === undefined) socket.destroy()
    else this.#openStream(socket, handshake.admission)
  }

  #openStream(socket: Socket, admission: Admission): void {
    const common = this.#flowOptions(socket, admission)
    if (common === undefined) {
      socket.destroy()
      return
    }
    const flow = new ConnectionFlow({ ...common, wire: new SocketWire(socket) })
    attachSocket(socket, flow)
    this.#host.onOpened(flow)
  }

  #openWebSocket(webSocket: WebSocket, socket: Socket): void {
    const handshake = this.#completed(socket)
    const common = handshake && this.#flowOptions(socket, handshake.admission)
    if (common === undefined) webSocket.terminate()
    else this.#host.onOpened(attachWebSocket(webSocket, socket, common))
  }

  #flowOptions(socket: Socket, admission: Admission): Omit<ConnectionFlowOptions, 'wire'> | undefined {
    admission.established()
    const addresses = addressesOf(socket)
    if (addresses === undefined) return undefined
    const tls = this.#secure ? tlsSessionOf(socket as TLSSocket, this.#askedClient) : undefined
    const { protocol } = this.#options
    return { ...addresses, protocol, listener: this.listener, tls, host: this.#host, admission }
  }

  #createHttpServer(): HttpServer {
    const upgrader = createUpgrader(this.#host.messageLimits.maximumMessageLength, this.#host.webSocketOrigins)
    const server = createHttpServer({ maxHeaderSize: 8192, keepAlive: false }, (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' })
      response.end('This is a SIP over WebSocket endpoint (RFC 7118).\n')
    })
    server.on('upgrade', (request, stream, head) => {
      upgrader.upgrade(request, stream, head, webSocket => this.#openWebSocket(webSocket, request.socket))
    })
    server.on('clientError', (_error, stream) => stream.destroy())
    return server
  }

  /** The listener goes on; what it could not accept is lost. */
  #complain(error: NodeJS.ErrnoException): void {
    const { now, observer } = this.#host
    if (now - this.#lastComplaint < COMPLAIN_EVERY_MS) return
    this.#lastComplaint = now
    observer.listenerFailing?.(this.listener, error.code ?? 'UNKNOWN', error.message)
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remotePort} ${socket.remoteAddress}`
}
