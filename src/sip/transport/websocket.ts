/** SIP over WebSocket (RFC 7118): the upgrade, and a WebSocket as a wire. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { ConnectionFlow, type ConnectionFlowOptions, type Wire } from './connection-flow.ts'
import { reasonOf } from './socket-wire.ts'

export const SUBPROTOCOL = 'sip'
const PATHS = new Set(['/', '/sip'])

export interface Upgrader {
  /** Whether this request is ours by its path. */
  concerns(request: IncomingMessage): boolean
  /** Completes the upgrade, or answers why not and closes. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, opened: (webSocket: WebSocket) => void): void
}

/**
 * `maximumPayload`: octets of one message; a larger one closes the connection with 1009 (RFC 6455 §7.4.1). `origins`: of
 * the pages of other hosts whose scripts may connect (RFC 6455 §10.2).
 */
export function createUpgrader(maximumPayload: number, origins: readonly string[]): Upgrader {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maximumPayload,
    handleProtocols: () => SUBPROTOCOL,
  })
  const concerns = (request: IncomingMessage): boolean => PATHS.has((request.url ?? '').split('?', 1)[0]!)
  return {
    concerns,
    upgrade(request, socket, head, opened) {
      if (!concerns(request)) refuse(socket, '404 Not Found')
      else if (!offersSip(request)) refuse(socket, '400 Bad Request')
      else if (!isWelcome(request, origins)) refuse(socket, '403 Forbidden')
      else server.handleUpgrade(request, socket, head, opened)
    },
  }
}

/** The client must offer the subprotocol `sip` (RFC 7118 §4.1). */
function offersSip(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some(name => name.trim().toLowerCase() === SUBPROTOCOL)
}

/** What is no browser names no origin. */
function isWelcome({ headers, socket }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers
  if (origin === undefined) return true
  return origin === `${'getProtocol' in socket ? 'https' : 'http'}://${host}` || origins.includes(origin)
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  socket.once('finish', () => socket.destroy())
}

/** Text where the message is UTF-8, as RFC 7118 §4.2 asks, binary otherwise. */
function webSocketWire(webSocket: WebSocket, socket: Socket): Wire {
  return {
    get writable() {
      return webSocket.readyState === WebSocket.OPEN
    },
    get queued() {
      return webSocket.bufferedAmount
    },
    send(bytes) {
      const octets = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
      webSocket.send(octets, { binary: !isUtf8(octets) })
      return !socket.writableNeedDrain
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    end: () => webSocket.close(),
    destroy: () => webSocket.terminate(),
  }
}

/** A flow over an open WebSocket. `socket`: the connection under it. */
export function attachWebSocket(
  webSocket: WebSocket,
  socket: Socket,
  options: Omit<ConnectionFlowOptions, 'wire'>,
): ConnectionFlow {
  const flow = new ConnectionFlow({ ...options, wire: webSocketWire(webSocket, socket) })
  let failure: NodeJS.ErrnoException | undefined
  webSocket.on('message', (data: Buffer) => flow.receiveFrame(data))
  socket.on('drain', () => flow.drained())
  webSocket.on('ping', () => flow.touch())
  webSocket.on('pong', () => flow.touch())
  webSocket.on('error', (error: NodeJS.ErrnoException) => {
    failure = error
  })
  webSocket.on('close', () => flow.gone(failure?.code?.startsWith('WS_ERR') ? 'framing-error' : reasonOf(failure)))
  return flow
}
