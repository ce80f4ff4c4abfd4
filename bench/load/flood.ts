/** Datagrams of a scanner, or junk, at a steady rate from given addresses. Nothing is waited for. */
import { createSocket, type Socket } from 'node:dgram'
import { pause } from '../../test/support/places.ts'
import { serveOrders } from './generator.ts'
import type { LoadReport } from './report.ts'

export interface FloodOrders {
  readonly port: number
  readonly addresses: readonly string[]
  readonly kind: 'scanner' | 'junk'
  readonly rate: number
  readonly seconds: number
}

const TICK_MS = 4
/** Made before, so that the generator is quick. */
const PAYLOADS = 512

serveOrders(flood)

async function flood({ port, addresses, kind, rate, seconds }: FloodOrders): Promise<LoadReport> {
  const sockets: Socket[] = []
  let answers = 0
  for (const address of addresses) {
    const socket = createSocket('udp4')
    socket.on('message', () => answers++)
    socket.on('error', () => {})
    await new Promise<void>(done => socket.bind(0, address, done))
    await new Promise<void>(done => socket.connect(port, '127.0.0.1', done))
    sockets.push(socket)
  }
  const payloads = Array.from({ length: PAYLOADS }, (_, i) => (kind === 'junk' ? junk(i) : scan(i, addresses[0]!)))
  const cpu = process.cpuUsage()
  const began = performance.now()
  let sent = 0
  let behindMs = 0
  for (let now = began; now - began < seconds * 1_000; now = performance.now()) {
    const due = Math.floor(((now - began) * rate) / 1_000)
    behindMs = Math.max(behindMs, ((due - sent) / rate) * 1_000)
    for (; sent < due; sent++) sockets[sent % sockets.length]!.send(payloads[sent % PAYLOADS]!)
    await pause(TICK_MS)
  }
  const wallSeconds = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  for (const socket of sockets) socket.close()
  const failures: Record<string, number> = answers === 0 ? {} : { [`${answers} were answered`]: 1 }
  const generatorMs = (user + system) / 1_000 / Math.max(1, sent)
  return { done: sent, failed: 0, retransmitted: 0, wallSeconds, median: 0, p99: 0, generatorMs, behindMs, failures }
}

function scan(number: number, address: string): Buffer {
  const lines = [
    `OPTIONS sip:${100 + number}@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:5060;branch=z9hG4bK-${number}`,
    'Max-Forwards: 70',
    `From: <sip:${100 + number}@1.1.1.1>;tag=f${number}`,
    'To: <sip:100@1.1.1.1>',
    `Call-ID: ${number}-flood`,
    'CSeq: 1 OPTIONS',
    `Contact: <sip:100@${address}:5060>`,
    'User-Agent: Cisco-SIPGateway/IOS-12.x',
    'Content-Length: 0',
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

/** Octets of every value, of 20 to 1,000. */
function junk(number: number): Buffer {
  const length = 20 + ((number * 37) % 980)
  return Buffer.from(Array.from({ length }, (_, i) => (i * 31 + number * 17) & 255))
}
