/** UDP: one socket, and a flow for each remote address that it hears or speaks to. */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { BoundedMap } from '../../base/bounded.ts'
import { inAnyNetwork, type Network } from '../../base/network.ts'
import { randomToken } from '../../base/random.ts'
import { listenError } from './errors.ts'
import type { TransportLimits } from './limits.ts'
import { BATCH, type DatagramBatch, type NativeDatagrams } from './native-datagrams.ts'
import { answerBindingRequest, isStun } from './stun.ts'
import type { Flow, InboundFilter, Listener } from './types.ts'

/** Batches that are read before others get their turn. */
const MAXIMUM_BATCHES = 8

export class UdpFlow implements Flow {
  readonly id = randomToken(15)
  readonly protocol = 'UDP'
  readonly remoteAddress: string
  readonly remotePort: number
  readonly secure = false
  readonly reliable = false
  readonly tls = undefined
  readonly listener: Listener | undefined
  /** Milliseconds, monotonic, up to which `keepAlive` holds it. */
  heldUntil = 0
  /** Time of the last sweep when it was last used. */
  usedAt: number
  readonly port: UdpPort

  constructor(port: UdpPort, remoteAddress: string, remotePort: number, now: number) {
    this.port = port
    this.listener = port.listener
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
    this.usedAt = now
  }

  get localAddress(): string {
    return this.port.bound.address
  }

  get localPort(): number {
    return this.port.bound.port
  }

  get open(): boolean {
    return this.port.open
  }
}

export interface UdpHost {
  readonly limits: TransportLimits
  readonly now: number
  readonly filter: InboundFilter | undefined
  readonly flows: UdpFlowTable
  /** Undefined: `dgram` does everything. */
  readonly native: NativeDatagrams | undefined
  mayAnswer(flow: Flow): boolean
  onDatagram(bytes: Buffer, flow: UdpFlow): void
  onFailing(port: UdpPort, error: NodeJS.ErrnoException): void
}

/** The UDP flows of all ports: strangers in a least-recently-used cache, those in use held apart from it. */
export class UdpFlowTable {
  readonly #strangers: BoundedMap<string, UdpFlow>
  readonly #held = new Map<string, UdpFlow>()
  readonly #byId = new Map<string, UdpFlow>()
  readonly #maximumHeld: number

  constructor(limits: TransportLimits) {
    this.#maximumHeld = limits.maximumHeldUdpFlows
    this.#strangers = new BoundedMap(limits.maximumUdpFlows, (_key, flow) => void this.#byId.delete(flow.id))
  }

  get size(): number {
    return this.#byId.size
  }

  byId(id: string): UdpFlow | undefined {
    return this.#byId.get(id)
  }

  find(port: UdpPort, address: string, remotePort: number, now: number): UdpFlow | undefined {
    const key = `${port.index}/${remotePort}/${address}`
    const held = this.#held.size === 0 ? undefined : this.#held.get(key)
    const flow = held ?? this.#strangers.get(key)
    if (flow !== undefined && flow.usedAt !== now) {
      flow.usedAt = now
      if (held === undefined) this.#strangers.touch(key)
    }
    return flow
  }

  add(port: UdpPort, address: string, remotePort: number, now: number): UdpFlow {
    const flow = new UdpFlow(port, address, remotePort, now)
    this.#strangers.set(keyOf(flow), flow)
    this.#byId.set(flow.id, flow)
    return flow
  }

  hold(flow: UdpFlow, until: number): void {
    flow.heldUntil = Math.max(flow.heldUntil, until)
    const key = keyOf(flow)
    if (this.#held.has(key) || this.#held.size >= this.#maximumHeld) return
    // A flow that was evicted comes back under its own id, unless the address has another flow by now.
    const current = this.#strangers.get(key)
    if (current !== undefined && current !== flow) return
    this.#strangers.delete(key)
    this.#held.set(key, flow)
    this.#byId.set(flow.id, flow)
  }

  remove(flow: UdpFlow): void {
    const key = keyOf(flow)
    if (this.#held.get(key) === flow) this.#held.delete(key)
    if (this.#strangers.get(key) === flow) this.#strangers.delete(key)
    this.#byId.delete(flow.id)
  }

  removePort(port: UdpPort): UdpFlow[] {
    const flows = [...this.#byId.values()].filter(flow => flow.port === port)
    for (const flow of flows) this.remove(flow)
    return flows
  }

  /** Lets go of what is no longer held. */
  sweep(now: number): void {
    for (const [key, flow] of this.#held) {
      if (now < flow.heldUntil) continue
      this.#held.delete(key)
      this.#strangers.set(key, flow)
    }
  }
}

function keyOf(flow: UdpFlow): string {
  return `${flow.port.index}/${flow.remotePort}/${flow.remoteAddress}`
}

export interface UdpPortOptions {
  readonly address: string
  readonly port: number
  readonly sources: readonly Network[] | undefined
  /** Undefined: a socket for what we send; it hears only those whom we spoke to. */
  readonly listener: Listener | undefined
  /** Distinguishes the ports of one layer. */
  readonly index: number
}

export class UdpPort {
  readonly index: number
  readonly listener: Listener | undefined
  /** Where it is bound, once it is. */
  bound: { readonly address: string; readonly port: number }
  open = false
  readonly ipv6: boolean
  readonly #options: UdpPortOptions
  readonly #host: UdpHost
  #socket: Socket | undefined
  #batch: DatagramBatch | undefined
  #flushing = false

  constructor(options: UdpPortOptions, host: UdpHost) {
    this.#options = options
    this.#host = host
    this.index = options.index
    this.listener = options.listener
    this.bound = { address: options.address, port: options.port }
    this.ipv6 = isIPv6(options.address)
  }

  /** Binds. Rejects with TransportError. */
  start(): Promise<void> {
    const { address, port } = this.#options
    const socket = createSocket({
      type: this.ipv6 ? 'udp6' : 'udp4',
      ipv6Only: this.ipv6,
      // Every address is numeric: answering at once spares a turn of the loop for each datagram.
      lookup: (hostname, _options, callback) => callback(null, hostname, this.ipv6 ? 6 : 4),
    })
    this.#socket = socket
    const { native } = this.#host
    const descriptor = this.ipv6 ? undefined : native?.bind(address, port)
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, 'UDP', address, port))
      socket.once('error', failed)
      const place = descriptor === undefined ? { address, port, exclusive: true } : { fd: descriptor, exclusive: true }
      socket.bind(place, () => {
        socket.removeListener('error', failed)
        socket.on('error', error => this.#host.onFailing(this, error))
        this.bound = { address: socket.address().address, port: socket.address().port }
        this.#enlargeBuffers(socket)
        if (native === undefined || descriptor === undefined) {
          socket.on('message', (bytes, { address: from, port: fromPort }) => this.#receive(bytes, from, fromPort))
        } else {
          this.#batch = native.createBatch(descriptor, (bytes, to, toPort) => this.#sendAlone(bytes, to, toPort))
          socket.on('message', (bytes, { address: from, port: fromPort }) => {
            this.#receiveAll(native, descriptor, bytes, from, fromPort)
          })
        }
        this.open = true
        resolve()
      })
    })
  }

  /** The operating system may grant less; a burst is then lost a little earlier, and retransmitted. */
  #enlargeBuffers(socket: Socket): void {
    try {
      socket.setRecvBufferSize(this.#host.limits.udpBufferBytes)
      socket.setSendBufferSize(this.#host.limits.udpBufferBytes)
    } catch {}
  }

  stop(): Promise<void> {
    this.#batch?.flush()
    this.#batch = undefined
    this.open = false
    const socket = this.#socket
    this.#socket = undefined
    return socket === undefined ? Promise.resolve() : new Promise(resolve => socket.close(() => resolve()))
  }

  send(flow: UdpFlow, bytes: Uint8Array): boolean {
    const socket = this.#socket
    if (!this.open || socket === undefined) return false
    if (socket.getSendQueueSize() + bytes.length > this.#host.limits.udpBufferBytes) return false
    const batch = this.#batch
    if (batch === undefined || !batch.add(bytes, flow.remoteAddress, flow.remotePort)) {
      this.#sendAlone(bytes, flow.remoteAddress, flow.remotePort)
    } else if (!this.#flushing) {
      this.#flushing = true
      queueMicrotask(() => {
        this.#flushing = false
        this.#batch?.flush()
      })
    }
    return true
  }

  #sendAlone(bytes: Uint8Array, address: string, port: number): void {
    this.#socket?.send(bytes, 0, bytes.length, port, address)
  }

  /** The first datagram, then all that came with it; their answers leave together. */
  #receiveAll(native: NativeDatagrams, descriptor: number, first: Buffer, address: string, port: number): void {
    const outer = this.#flushing
    this.#flushing = true
    const take = (bytes: Buffer, from: string, fromPort: number): void => this.#receive(bytes, from, fromPort)
    try {
      take(first, address, port)
      for (let i = 0; i < MAXIMUM_BATCHES && this.#batch !== undefined; i++) {
        if (native.receive(descriptor, take) < BATCH) break
      }
    } finally {
      this.#flushing = outer
      this.#batch?.flush()
    }
  }

  #receive(bytes: Buffer, address: string, port: number): void {
    if (!this.open) return
    const host = this.#host
    if (host.filter !== undefined && !host.filter.acceptDatagram(address, port, bytes)) return
    if (bytes.length < 8) return
    const flow = host.flows.find(this, address, port, host.now) ?? this.#newFlow(address, port)
    if (flow === undefined) return
    if (bytes[0]! < 4) this.#receiveStun(bytes, flow)
    else if (bytes[0]! > 32) host.onDatagram(bytes, flow)
    else if (!isOnlyCrlf(bytes)) host.onDatagram(bytes, flow)
  }

  #newFlow(address: string, port: number): UdpFlow | undefined {
    const { sources, listener } = this.#options
    if (port === 0 || listener === undefined) return undefined
    if (sources !== undefined && !inAnyNetwork(address, sources)) return undefined
    return this.#host.flows.add(this, address, port, this.#host.now)
  }

  /** To a stranger never more octets than came in: its source may be forged. */
  #receiveStun(bytes: Buffer, flow: UdpFlow): void {
    if (!isStun(bytes)) return
    const answer = answerBindingRequest(bytes, flow.remoteAddress, flow.remotePort)
    if (answer === undefined) return
    const trusted = flow.heldUntil > this.#host.now
    if (trusted || (answer.length <= bytes.length && this.#host.mayAnswer(flow))) this.send(flow, answer)
  }
}

function isOnlyCrlf(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 13 && byte !== 10) return false
  return true
}
