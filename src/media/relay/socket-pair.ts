/** Two bound UDP sockets, RTP on an even port and RTCP on the next, that outlive the calls which use them. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { NativeSockets } from './native-sockets.ts'
import type { PairName, SocketAddress } from './protocol.ts'

export type Component = 'rtp' | 'rtcp'

export interface DatagramSink {
  onDatagram(component: Component, packet: Buffer, from: SocketAddress): void
}

export interface SocketPair {
  readonly name: PairName
  /** Who gets what arrives; undefined: it is dropped. */
  sink: DatagramSink | undefined
  /** Where to put the next packet, of at most `length` octets; it is to be sent before another is asked for. */
  outgoing(length: number): Buffer
  /** Sends the first `length` octets of what `outgoing` gave. `to` is a literal address. */
  send(component: Component, packet: Buffer, length: number, to: SocketAddress): void
  /** Marks what is sent (RFC 4594). False where the platform cannot. */
  mark(dscp: number): boolean
  close(): void
}

interface OpenSocket {
  readonly socket: Socket
  /** Where the socket was made natively. */
  readonly descriptor: number | undefined
}

/** Kernel queue for each socket: 20 ms audio needs little, a key frame of video comes as a burst. */
const RECEIVE_BUFFER = 256 * 1024

/** Binds both sockets, natively where `native` is given, or rejects with the first error and leaves nothing open. */
export async function openSocketPair(name: PairName, native: NativeSockets | undefined): Promise<SocketPair> {
  const open: OpenSocket[] = []
  try {
    for (const port of [name.port, name.port + 1]) {
      const local = { address: name.address, port }
      open.push(native === undefined ? await bindDatagram(local) : await bindNative(native, local))
    }
    return pairOf(name, open[0]!, open[1]!, native)
  } catch (error) {
    for (const { socket } of open) socket.close()
    throw error
  }
}

function pairOf(name: PairName, rtp: OpenSocket, rtcp: OpenSocket, native: NativeSockets | undefined): SocketPair {
  let closed = false
  let marked: number | undefined
  const family = name.address.includes(':') ? 'IPv6' : 'IPv4'
  const pair: SocketPair = {
    name,
    sink: undefined,
    outgoing: length => (native === undefined ? Buffer.allocUnsafe(length) : native.output),
    send(component, packet, length, to) {
      if (closed) return
      const { socket, descriptor } = component === 'rtp' ? rtp : rtcp
      if (native !== undefined && descriptor !== undefined) native.send(descriptor, length, to)
      else socket.send(packet, 0, length, to.port, to.address)
    },
    mark(dscp) {
      if (closed || native === undefined || rtp.descriptor === undefined || rtcp.descriptor === undefined) return false
      if (marked === dscp) return true
      const done = native.mark(rtp.descriptor, family, dscp) && native.mark(rtcp.descriptor, family, dscp)
      marked = done ? dscp : undefined
      return done
    },
    close() {
      if (closed) return
      closed = true
      pair.sink = undefined
      rtp.socket.close()
      rtcp.socket.close()
    },
  }
  for (const [component, { socket }] of [
    ['rtp', rtp],
    ['rtcp', rtcp],
  ] as const) {
    // A failed send is an event: a phone that is gone must not end the worker.
    socket.on('error', () => {})
    socket.on('message', (packet: Buffer, from: RemoteInfo) => pair.sink?.onDatagram(component, packet, from))
  }
  return pair
}

/** Destinations are literal addresses: no resolver is asked, and none can be made to wait. */
function literal(
  address: string,
  _options: unknown,
  callback: (error: Error | null, address: string, family: number) => void,
): void {
  callback(null, address, address.includes(':') ? 6 : 4)
}

function newSocket(address: string): Socket {
  return createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', lookup: literal as never })
}

async function bindDatagram(local: SocketAddress): Promise<OpenSocket> {
  const socket = newSocket(local.address)
  await bound(socket, () => socket.bind({ ...local, exclusive: true }))
  socket.setRecvBufferSize(RECEIVE_BUFFER)
  return { socket, descriptor: undefined }
}

async function bindNative(native: NativeSockets, local: SocketAddress): Promise<OpenSocket> {
  const descriptor = native.bind(local, RECEIVE_BUFFER)
  if (descriptor === undefined) throw new Error(`port ${local.port} cannot be bound on ${local.address}`)
  const socket = newSocket(local.address)
  try {
    await bound(socket, () => socket.bind({ fd: descriptor, exclusive: true }))
  } catch (error) {
    native.close(descriptor)
    throw error
  }
  return { socket, descriptor }
}

function bound(socket: Socket, bind: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', error => {
      socket.close()
      reject(error)
    })
    socket.once('listening', () => {
      socket.removeAllListeners('error')
      resolve()
    })
    bind()
  })
}
