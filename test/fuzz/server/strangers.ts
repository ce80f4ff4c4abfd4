/** Those who throw messages at the doors, and count what comes back. */
import { createSocket } from 'node:dgram'
import { WebSocket } from 'ws'
import { pause } from '../../support/places.ts'
import { openRaw } from '../../support/raw-sip.ts'
import type { Random } from '../engine/random.ts'
import type { Door } from './ground.ts'
import { hostileMessage } from './inputs.ts'

export interface Exchange {
  sent: number
  octetsSent: number
  received: number
  octetsReceived: number
}

export function nothing(): Exchange {
  return { sent: 0, octetsSent: 0, received: 0, octetsReceived: 0 }
}

const BURST = 25

/** Datagrams from one socket of this address; waits at the end for what still comes. */
export async function throwDatagrams(
  doors: readonly Door[],
  from: string,
  count: number,
  make: () => Buffer,
): Promise<Exchange> {
  const exchange = nothing()
  const socket = createSocket('udp4')
  socket.on('message', bytes => {
    exchange.received++
    exchange.octetsReceived += bytes.length
  })
  socket.on('error', () => {})
  await new Promise<void>(done => socket.bind(0, from, done))
  for (let i = 0; i < count; i++) {
    const bytes = make()
    exchange.sent++
    exchange.octetsSent += bytes.length
    const { address, port } = doors[i % doors.length]!
    socket.send(bytes, port, address)
    if (i % BURST === BURST - 1) await pause(2)
  }
  await pause(300)
  socket.close()
  return exchange
}

const PER_CONNECTION = 20

/** Messages over connections that are cut and opened again; `ca`: TLS. */
export async function throwOverConnections(
  door: Door,
  options: { readonly from: string; readonly ca?: string; readonly count: number; readonly random: Random },
): Promise<Exchange> {
  const { from, ca, count, random } = options
  const exchange = nothing()
  while (exchange.sent < count) {
    const raw = await openRaw({ ...door, localAddress: from, ...(ca === undefined ? {} : { ca }) })
    for (let i = 0; i < PER_CONNECTION && raw.open; i++) {
      const bytes = hostileMessage(random)
      raw.send(bytes)
      exchange.sent++
      exchange.octetsSent += bytes.length
      await new Promise(setImmediate)
    }
    raw.socket.end()
    await Promise.race([raw.closed, pause(200)])
    raw.destroy()
    exchange.octetsReceived += raw.received().length
  }
  return exchange
}

/** The same in WebSocket messages, text and binary. */
export async function throwOverWebSockets(
  door: Door,
  options: { readonly from: string; readonly ca: string; readonly count: number; readonly random: Random },
): Promise<Exchange> {
  const { from, ca, count, random } = options
  const exchange = nothing()
  while (exchange.sent < count) {
    const url = `wss://${door.address}:${door.port}/`
    const socket = new WebSocket(url, 'sip', { ca, localAddress: from })
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      exchange.octetsReceived += data.length
    })
    const opened = await new Promise(done => socket.once('open', () => done(true)).once('close', () => done(false)))
    if (opened !== true) throw new Error('the WebSocket does not open')
    for (let i = 0; i < PER_CONNECTION && socket.readyState === WebSocket.OPEN; i++) {
      const bytes = hostileMessage(random)
      socket.send(bytes, { binary: random.oneIn(2) })
      exchange.sent++
      exchange.octetsSent += bytes.length
      await new Promise(setImmediate)
    }
    await pause(30)
    socket.terminate()
  }
  return exchange
}
