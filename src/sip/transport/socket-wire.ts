/** A TCP or TLS socket as a wire, and what its end means. */
import type { Socket } from 'node:net'
import { normaliseAddress } from '../../base/network.ts'
import type { ConnectionFlow, FlowAddresses, Wire } from './connection-flow.ts'
import type { FlowCloseReason } from './types.ts'

export class SocketWire implements Wire {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  get writable(): boolean {
    return this.#socket.writable
  }

  get queued(): number {
    return this.#socket.writableLength
  }

  send(bytes: string | Uint8Array): boolean {
    return typeof bytes === 'string' ? this.#socket.write(bytes, 'latin1') : this.#socket.write(bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
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
  socket.on('drain', () => flow.drained())
}
