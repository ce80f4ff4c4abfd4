/** A TCP or TLS socket as a wire, and what its end means. */
import type { Socket } from 'node:net'
import { normaliseAddress } from '../../base/network.ts'
import type { ConnectionFlow, FlowAddresses, Wire } from './connection-flow.ts'
import type { FlowCloseReason } from './types.ts'

export function socketWire(socket: Socket): Wire {
  return {
    get writable() {
      return socket.writable
    },
    get queued() {
      return socket.writableLength
    },
    send(bytes) {
      if (typeof bytes === 'string') socket.write(bytes, 'latin1')
      else socket.write(bytes)
    },
    cork: () => socket.cork(),
    uncork: () => socket.uncork(),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  }
}

/** The four addresses of a connected socket, or undefined when the peer is already gone. */
export function addressesOf(socket: Socket): FlowAddresses | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined || localPort === undefined) return undefined
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  return {
    localAddress: normaliseAddress(localAddress),
    localPort,
    remoteAddress: normaliseAddress(remoteAddress),
    remotePort,
  }
}

export function reasonOf(error: NodeJS.ErrnoException | undefined): FlowCloseReason {
  if (error === undefined || error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'peer-closed'
  if (error.code === 'ETIMEDOUT') return 'keepalive-timeout'
  return error.code?.startsWith('ERR_SSL') || error.code?.startsWith('ERR_TLS') ? 'tls-error' : 'error'
}

/** Lets the flow hear the socket. */
export function attachSocket(socket: Socket, flow: ConnectionFlow): void {
  let failure: NodeJS.ErrnoException | undefined
  socket.on('error', error => {
    failure = error
  })
  socket.on('close', () => flow.gone(reasonOf(failure)))
  socket.on('data', (chunk: Buffer) => flow.receive(chunk))
}
