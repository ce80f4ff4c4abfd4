/** Two bound UDP sockets, RTP on an even port and RTCP on the next, that outlive the calls which use them. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { NativeSocket, NativeSockets } from './native-sockets.ts'
import type { PairName, SocketAddress } from './protocol.ts'

export type Component = 'rtp' | 'rtcp'

export interface DatagramSink {
  /** `length`: of the packet, whose buffer has room for more and is the sink's to change; else the buffer is the packet. */
  onDatagram(component: Component, packet: Buffer, from: SocketAddress, length?: number): void
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

/** Kernel queue for each socket: 20 ms audio needs little, a key frame of video comes as a burst. */
const RECEIVE_BUFFER = 256 * 1024

/** Binds both sockets, natively where `native` is given, or rejects with the first error and leaves nothing open. */
export async function openSocketPair(name: PairName, native: NativeSockets | undefined): Promise<SocketPair> {
  return native === undefined ? await openDatagramPair(name) : openNativePair(name, native)
}

function openNativePair(name: PairName, native: NativeSockets): SocketPair {
  let marked: number | undefined
  const open: NativeSocket[] = []
  const pair: SocketPair = {
    name,
    sink: undefined,
    outgoing: () => native.packet,
    send(component, _packet, length, to) {
      open[component === 'rtp' ? 0 : 1]?.send(length, to)
    },
    mark(dscp) {
      if (marked === dscp) return true
      const done = open.length > 0 && open.every(socket => socket.mark(dscp))
      marked = done ? dscp : undefined
      return done
    },
    close() {
      pair.sink = undefined
      for (const socket of open.splice(0)) socket.close()
    },
  }
  for (const component of ['rtp', 'rtcp'] as const) {
    const port = component === 'rtp' ? name.port : name.port + 1
    const socket = native.open({ address: name.address, port }, RECEIVE_BUFFER, (length, from) => {
      pair.sink?.onDatagram(component, native.packet, from, length)
    })
    if (socket === undefined) {
      pair.close()
      throw new Error(`port ${port} cannot be bound on ${name.address}`)
    }
    open.push(socket)
  }
  return pair
}

async function openDatagramPair(name: PairName): Promise<SocketPair> {
  const open: Socket[] = []
  try {
    for (const port of [name.port, name.port + 1]) open.push(await bindDatagram({ address: name.address, port }))
    return datagramPair(name, open[0]!, open[1]!)
  } catch (error) {
    for (const socket of open) socket.close()
    throw error
  }
}

function datagramPair(name: PairName, rtp: Socket, rtcp: Socket): SocketPair {
  let closed = false
  const pair: SocketPair = {
    name,
    sink: undefined,
    outgoing: length => Buffer.allocUnsafe(length),
    send(component, packet, length, to) {
      if (!closed) (component === 'rtp' ? rtp : rtcp).send(packet, 0, length, to.port, to.address)
    },
    mark: () => false,
    close() {
      if (closed) return
      closed = true
      pair.sink = undefined
      rtp.close()
      rtcp.close()
    },
  }
  for (const [component, socket] of [
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

async function bindDatagram(local: SocketAddress): Promise<Socket> {
  const socket = newSocket(local.address)
  await bound(socket, () => socket.bind({ ...local, exclusive: true }))
  socket.setRecvBufferSize(RECEIVE_BUFFER)
  return socket
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
