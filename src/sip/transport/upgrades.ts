/** SIP over WebSocket on an HTTP server that belongs to somebody else (RFC 7118). */
import type { IncomingMessage, Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { normaliseAddress } from '../../base/network.ts'
import type { AcceptorHost } from './acceptor.ts'
import { addressesOf } from './socket-wire.ts'
import { tlsSessionOf } from './tls-settings.ts'
import type { Listener } from './types.ts'
import { attachWebSocket, createUpgrader } from './websocket.ts'

/** Takes the upgrades to `/` and `/sip`. Returns the function that stops taking them. */
export function attachUpgrades(server: HttpServer | HttpsServer, host: AcceptorHost): () => void {
  const upgrader = createUpgrader(host.messageLimits.maximumMessageLength, host.webSocketOrigins)

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const socket = request.socket
    if (!upgrader.concerns(request)) {
      // Another listener of that server may want it; where there is none, nobody would ever close it.
      if (server.listenerCount('upgrade') === 1) stream.destroy()
      return
    }
    const secure = 'getProtocol' in socket
    const protocol = secure ? 'WSS' : 'WS'
    const remoteAddress = normaliseAddress(socket.remoteAddress ?? '')
    const admission =
      host.filter?.acceptConnection(remoteAddress, protocol) === false
        ? 'filtered'
        : host.connectionCounts.admit(remoteAddress)
    if (typeof admission === 'string') {
      stream.destroy()
      host.observer.connectionRefused?.(remoteAddress, protocol, admission)
      return
    }
    stream.once('close', () => admission.release())
    upgrader.upgrade(request, stream, head, webSocket => {
      admission.established()
      const addresses = addressesOf(socket)
      if (addresses === undefined) {
        webSocket.terminate()
        return
      }
      const listener: Listener = {
        protocol,
        address: addresses.localAddress,
        port: addresses.localPort,
        insecure: !secure,
      }
      const tls = secure ? tlsSessionOf(socket as TLSSocket, false) : undefined
      const common = { ...addresses, protocol, listener, tls, host, admission } as const
      host.onOpened(attachWebSocket(webSocket, socket as Socket, common))
    })
  }

  server.on('upgrade', onUpgrade)
  return () => void server.removeListener('upgrade', onUpgrade)
}
