/** Two bound UDP sockets, RTP on an even port and RTCP on the next, that outlive the calls which use them. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { PairName, SocketAddress } from './protocol.ts'

export type Component = 'rtp' | 'rtcp'

export interface DatagramSink {
  onDatagram(component: Component, packet: Buffer, from: SocketAddress): void
}

export interface SocketPair {
  readonly name: PairName
  /** Who gets what arrives; undefined: it is dropped. */
  sink: DatagramSink | undefined
  send(component: Component, packet: Buffer, length: number, to: SocketAddress): void
  close(): void
}

/** Kernel queue for each socket: 20 ms audio needs little, a key frame of video comes as a burst. */
const RECEIVE_BUFFER = 256 * 1024

/** Binds both sockets, or rejects with the first error and leaves nothing open. */
export async function openSocketPair(name: PairName): Promise<SocketPair> {
  const sockets: Socket[] = []
  try {
    const rtp = await bind(name.address, name.port)
    sockets.push(rtp)
    const rtcp = await bind(name.address, name.port + 1)
    sockets.push(rtcp)
    return pairOf(name, rtp, rtcp)
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
}

function pairOf(name: PairName, rtp: Socket, rtcp: Socket): SocketPair {
  let closed = false
  const pair: SocketPair = {
    name,
    sink: undefined,
    send(component, packet, length, to) {
      if (closed) return
      // Without a callback a failed send is an 'error' event or nothing: a phone that is gone must not end the worker.
      const socket = component === 'rtp' ? rtp : rtcp
      socket.send(packet, 0, length, to.port, to.address)
    },
    close() {
      if (closed) return
      closed = true
      pair.sink = undefined
      rtp.close()
      rtcp.close()
    },
  }
  const ignore = (): void => {}
  rtp.on('error', ignore)
  rtcp.on('error', ignore)
  rtp.on('message', (packet: Buffer, from: RemoteInfo) => pair.sink?.onDatagram('rtp', packet, from))
  rtcp.on('message', (packet: Buffer, from: RemoteInfo) => pair.sink?.onDatagram('rtcp', packet, from))
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

function bind(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const type = address.includes(':') ? 'udp6' : 'udp4'
    const socket = createSocket({ type, lookup: literal as never, recvBufferSize: RECEIVE_BUFFER })
    socket.once('error', error => {
      socket.close()
      reject(error)
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
