/**
 * The load of the media benchmark, a process of its own: each call gets a packet from both phones every 20 ms, spread evenly
 * over each millisecond. A packet is encrypted once and sent to all calls of its side; of what comes back each call's
 * first packets and then some are opened and checked.
 */
import { createSrtpReceiver, createSrtpSender, type SrtpReceiver, suiteNamed } from '../../src/media/srtp/index.ts'
import { type BatchSocket, openBatchSocket, wallClock } from './batch-socket.ts'
import type { LoadResult, Plan } from './plan.ts'

const SLOTS = 20
const PAYLOAD = 160
const PACKET = 12 + PAYLOAD
const RING = 128
const SIDES = ['a', 'b'] as const

interface Direction {
  readonly socket: BatchSocket
  next(sequence: number): Buffer
  /** Ports of the relay, by slot of the 20 ms. */
  readonly ports: readonly (readonly number[])[]
  /** When the packet with a sequence number went to a slot's calls. */
  readonly sentAt: Float64Array
}

const payload = Buffer.alloc(PAYLOAD, 0xd5)

function direction(plan: Plan, side: 'a' | 'b', socket: BatchSocket): Direction {
  const suite = suiteNamed(plan[side].suite)!
  const sender = createSrtpSender(suite, Buffer.from(plan[side].phoneKey, 'base64'))
  const plain = Buffer.alloc(2048)
  const output = Buffer.alloc(2048)
  return {
    socket,
    next(sequence) {
      plain.set([0x80, 0, sequence >> 8, sequence & 255], 0)
      plain.writeUInt32BE((sequence * 160) >>> 0, 4)
      plain.writeUInt32BE(side === 'a' ? 0x1100_0102 : 0x1101_0102, 8)
      plain.set(payload, 12)
      return output.subarray(0, sender.protect(plain, PACKET, output))
    },
    ports: Array.from({ length: SLOTS }, (_, slot) => {
      return plan.calls.filter((_call, i) => i % SLOTS === slot).map(call => call[side].port)
    }),
    sentAt: new Float64Array(RING * SLOTS),
  }
}

class Arrivals {
  received = 0
  verified = 0
  broken = 0
  readonly delays: number[] = []
  readonly #legs = new Map<number, { readonly slot: number; readonly receiver: SrtpReceiver; seen: number }>()
  readonly #sentAt: Float64Array
  readonly #plain = Buffer.alloc(2048)

  constructor(plan: Plan, side: 'a' | 'b', sentAt: Float64Array) {
    this.#sentAt = sentAt
    for (const [i, call] of plan.calls.entries()) {
      const receiver = createSrtpReceiver(suiteNamed(plan[side].suite)!, [
        { keyAndSalt: Buffer.from(call[side].relayKey, 'base64') },
      ])
      this.#legs.set(call[side].port, { slot: i % SLOTS, receiver, seen: 0 })
    }
  }

  take(packet: Buffer, length: number, port: number, at: number): void {
    const leg = this.#legs.get(port)
    if (leg === undefined) return
    this.received++
    const sequence = packet.readUInt16BE(2)
    this.delays.push(at - this.#sentAt[(sequence % RING) * SLOTS + leg.slot]!)
    if (leg.seen++ % 50 !== 0) return
    const opened = leg.receiver.unprotect(packet.subarray(0, length), this.#plain)
    if (opened === PACKET && this.#plain.subarray(12, PACKET).equals(payload)) this.verified++
    else this.broken++
  }
}

function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export function run(plan: Plan): LoadResult {
  const sockets = { a: openBatchSocket(plan.a.phonePort), b: openBatchSocket(plan.b.phonePort) }
  const directions = { a: direction(plan, 'a', sockets.a), b: direction(plan, 'b', sockets.b) }
  // What phone a sent arrives at phone b.
  const arrivals = { a: new Arrivals(plan, 'a', directions.b.sentAt), b: new Arrivals(plan, 'b', directions.a.sentAt) }
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  const packets: { a: Buffer; b: Buffer } = { a: payload, b: payload }
  const began = process.cpuUsage()
  const start = performance.now()
  let sent = 0
  let behind = 0
  let sequence = 0
  const ticks = plan.seconds * 1000
  for (let tick = 0; tick < ticks + 300; tick++) {
    const wait = start + tick - performance.now()
    if (wait > 0) Atomics.wait(sleeper, 0, 0, wait)
    else if (tick < ticks) behind = Math.max(behind, -wait)
    const slot = tick % SLOTS
    if (slot === 0) {
      sequence++
      for (const side of SIDES) packets[side] = directions[side].next(sequence)
    }
    for (const side of SIDES) {
      if (tick >= ticks) continue
      const { socket, ports, sentAt } = directions[side]
      sentAt[(sequence % RING) * SLOTS + slot] = wallClock()
      socket.sendToAll(packets[side], ports[slot]!)
      sent += ports[slot]!.length
    }
    for (const side of SIDES) sockets[side].drain((...arrival) => arrivals[side].take(...arrival))
  }
  const { user, system } = process.cpuUsage(began)
  const delays = Float64Array.from([...arrivals.a.delays, ...arrivals.b.delays]).sort()
  return {
    sent,
    received: arrivals.a.received + arrivals.b.received,
    verified: arrivals.a.verified + arrivals.b.verified,
    broken: arrivals.a.broken + arrivals.b.broken,
    wallSeconds: (performance.now() - start) / 1000,
    delay: { median: quantile(delays, 0.5), p99: quantile(delays, 0.99), maximum: quantile(delays, 1) },
    generatorCost: (user + system) / sent,
    behind,
  }
}

if (process.send !== undefined) {
  process.on('message', (plan: Plan) => {
    process.send!(run(plan), () => process.exit())
  })
}
