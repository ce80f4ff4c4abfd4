/**
 * Sends the messages of calls to Homer. Nothing waits for it: what finds no room while Homer is away is dropped, and counted.
 * TLS unless the name of a setting says otherwise.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { BoundedQueue } from '../../base/bounded.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { TraceChunk, TracedMessage } from '../../trace/types.ts'
import { pauseAfter } from '../back-off.ts'
import { visible } from '../text.ts'
import { encodeHep } from './hep.ts'

export type HepTransport = 'tls' | 'tcp' | 'udp'

export interface HepSenderOptions {
  readonly host: string
  readonly port: number
  readonly transport: HepTransport
  readonly caPem: string | undefined
  readonly captureId: number
  readonly clock: Clock
  /** Told when it goes away and when it is back. */
  onState(away: { readonly detail: string; readonly waiting: number } | { readonly awayForMs: number }): void
  /** Packets that may wait. Default 5,000. */
  readonly capacity?: number
}

export interface HepSender {
  take(chunks: readonly TraceChunk[]): void
  readonly counts: { readonly sent: number; readonly dropped: number; readonly waiting: number }
  stop(): void
}

const CONNECT_MS = 10_000
/** Octets that the connection may hold before we wait for it. */
const HIGH_WATER = 1_048_576
/** What fits into a datagram over IPv4. */
const MAXIMUM_DATAGRAM = 65_507

export function createHepSender(options: HepSenderOptions): HepSender {
  const { clock, onState, captureId } = options
  const queue = new BoundedQueue<Buffer>(options.capacity ?? 5_000)
  const counts = { sent: 0, dropped: 0 }
  let link: Link | undefined
  let timer: Timer | undefined
  let failures = 0
  let awaySince: number | undefined
  let stopped = false

  function open(): void {
    timer = undefined
    if (stopped || link !== undefined) return
    link = options.transport === 'udp' ? udpLink(options, opened, lost) : streamLink(options, opened, lost, drain)
  }
  function opened(): void {
    failures = 0
    if (awaySince !== undefined) onState({ awayForMs: Math.round(clock.monotonic() - awaySince) })
    awaySince = undefined
    drain()
  }
  function lost(detail: string): void {
    link?.close()
    link = undefined
    if (stopped) return
    failures++
    if (awaySince === undefined) {
      awaySince = clock.monotonic()
      onState({ detail: visible(detail, 300), waiting: queue.size })
    }
    timer ??= clock.schedule(pauseAfter(failures, undefined), open)
  }
  function drain(): void {
    while (link?.ready === true && link.room()) {
      const packet = queue.shift()
      if (packet === undefined) return
      link.write(packet)
      counts.sent++
    }
  }
  return {
    take(chunks) {
      for (const { leg, messages } of chunks) {
        for (const message of messages) {
          const packet = packetOf(message, leg.callId, captureId)
          if (packet === undefined || !queue.push(packet)) counts.dropped++
        }
      }
      if (link === undefined && timer === undefined) open()
      else drain()
    },
    get counts() {
      return { ...counts, waiting: queue.size }
    },
    stop() {
      stopped = true
      timer?.cancel()
      link?.close()
    },
  }
}

function packetOf(message: TracedMessage, callId: string, captureId: number): Buffer | undefined {
  const { direction, local, remote, protocol, at, text } = message
  const [source, destination] = direction === 'in' ? [remote, local] : [local, remote]
  const addresses = { sourceAddress: source.address, destinationAddress: destination.address }
  const ports = { sourcePort: source.port, destinationPort: destination.port }
  try {
    return encodeHep({
      ...addresses,
      ...ports,
      protocol,
      at,
      captureId,
      correlation: callId,
      payload: Buffer.from(text),
    })
  } catch {
    return undefined
  }
}

interface Link {
  readonly ready: boolean
  room(): boolean
  write(packet: Buffer): void
  close(): void
}

function streamLink(
  { host, port, transport, caPem }: HepSenderOptions,
  opened: () => void,
  lost: (detail: string) => void,
  drain: () => void,
): Link {
  let ready = false
  let over = false
  const name = isIP(host) === 0 ? { servername: host } : {}
  const authority = caPem === undefined ? {} : { ca: caPem }
  const socket: Socket =
    transport === 'tcp'
      ? connectTcp({ host, port })
      : connectTls({ host, port, minVersion: 'TLSv1.2', rejectUnauthorized: true, ...name, ...authority })
  const end = (detail: string): void => {
    if (over) return
    over = true
    ready = false
    lost(detail)
  }
  const patience = setTimeout(() => end(`no connection within ${CONNECT_MS} ms`), CONNECT_MS)
  patience.unref()
  socket.once(transport === 'tcp' ? 'connect' : 'secureConnect', () => {
    clearTimeout(patience)
    ready = true
    socket.setKeepAlive(true, 30_000)
    opened()
  })
  socket.on('error', error => end(error.message || 'the connection failed'))
  socket.on('close', () => end('the receiver ended the connection'))
  socket.on('drain', drain)
  // Homer says nothing; what it would say is not read into memory.
  socket.resume()
  return {
    get ready() {
      return ready
    },
    room: () => socket.writableLength < HIGH_WATER,
    write: packet => void socket.write(packet),
    close() {
      over = true
      clearTimeout(patience)
      socket.destroy()
    },
  }
}

function udpLink({ host, port }: HepSenderOptions, opened: () => void, lost: (detail: string) => void): Link {
  let ready = false
  let over = false
  const socket: DatagramSocket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
  const end = (error: Error): void => {
    if (over) return
    over = true
    ready = false
    lost(error.message)
  }
  socket.on('error', end)
  socket.connect(port, host, () => {
    ready = true
    opened()
  })
  socket.unref()
  return {
    get ready() {
      return ready
    },
    room: () => true,
    // Nobody says whether a datagram arrived; a port that is closed says so with the next one.
    write: packet => void (packet.length <= MAXIMUM_DATAGRAM && socket.send(packet)),
    close() {
      over = true
      socket.removeAllListeners('error')
      socket.on('error', () => undefined)
      socket.close()
    },
  }
}
