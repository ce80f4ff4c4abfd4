/**
 * Phones and one server, and between them a network in virtual time: TLS arrives late but in order, UDP may be lost, doubled,
 * overtaken. A phone may lose its connection with a word (reset) or without one (power gone).
 */
import { randomHex } from '../../../src/base/random.ts'
import { parseMessage } from '../../../src/sip/message/parse.ts'
import { withReceived } from '../../../src/sip/transport/received.ts'
import type { Flow, FlowCloseReason, MessageReceiver, Target, Transport } from '../../../src/sip/transport/types.ts'
import type { Random } from '../../fuzz/engine/random.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type LinkProtocol = 'TLS' | 'UDP'

interface End extends Flow {
  open: boolean
}

/** One phone's connection, or its pair of UDP sockets. */
interface Link {
  readonly server: End
  readonly phone: End
  readonly receiver: MessageReceiver
  /** The phone is gone without a word: nothing crosses any more. */
  silent: boolean
  /** When the last octets arrive, for each direction: what is sent later arrives later. */
  readonly arrival: { server: number; phone: number }
}

export interface PhoneSide {
  readonly transport: Transport
  /** The receiver of what the server sends. */
  attach(receiver: MessageReceiver): void
  readonly flow: Flow | undefined
  open(): Flow
  /** The connection is reset: both sides know. */
  reset(): void
  /** Power gone: the server finds out by itself, when it has been silent for too long. */
  silence(): void
}

const LOST = 20
const DOUBLED = 10
/** A server's transport closes a flow after so long a silence (idleSeconds). */
const IDLE_MS = 900_000
const SERVER = '192.0.2.1'

export class VirtualNetwork {
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #links = new Map<string, Link>()
  readonly #closed: ((flow: Flow, reason: FlowCloseReason) => void)[] = []
  #port = 0
  receiver: MessageReceiver | undefined
  /** Losses are for the calls: registrations at the start and the end may do without. */
  lossy = true
  readonly counts = { sent: 0, lost: 0, doubled: 0 }

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Flows that the server still knows. */
  get flowCount(): number {
    return this.#links.size
  }

  readonly server: Transport = {
    send: (flow, bytes) => {
      const link = this.#links.get(flow.id)
      if (link === undefined || !link.server.open) return false
      this.#carry(link, 'phone', bytes)
      return true
    },
    connect: (target: Target) => Promise.reject(new Error(`the server connects to nobody, not to ${target.address}`)),
    resolve: async () => [],
    flow: id => this.#links.get(id)?.server,
    flowToPort: flow => flow,
    onFlowClosed: callback => void this.#closed.push(callback),
    keepAlive: () => {},
    close: flow => this.#close(flow.id, 'stopped'),
  }

  phoneSide(protocol: LinkProtocol, address: string): PhoneSide {
    let receiver: MessageReceiver | undefined
    let link: Link | undefined
    const closed: ((flow: Flow, reason: FlowCloseReason) => void)[] = []
    const leave = (reason: FlowCloseReason): Link | undefined => {
      const left = link
      link = undefined
      if (left === undefined) return undefined
      left.phone.open = false
      for (const callback of closed) callback(left.phone, reason)
      return left
    }
    return {
      transport: {
        send: (flow, bytes) => {
          if (link === undefined || flow !== link.phone || !flow.open) return false
          this.#carry(link, 'server', bytes)
          return true
        },
        connect: () => Promise.reject(new Error('a phone connects by its endpoint')),
        resolve: async () => [],
        flow: id => (link?.phone.id === id ? link.phone : undefined),
        flowToPort: flow => flow,
        onFlowClosed: callback => void closed.push(callback),
        keepAlive: () => {},
        close: () => void leave('stopped'),
      },
      attach(given) {
        receiver = given
      },
      get flow() {
        return link?.phone
      },
      open: () => {
        link = this.#open(protocol, address, receiver!)
        return link.phone
      },
      reset: () => {
        const left = leave('error')
        if (left === undefined) return
        left.silent = true
        // UDP has no reset: the server finds out like with a silent one.
        const known = protocol === 'UDP' ? IDLE_MS : this.#delay()
        this.#clock.schedule(known, () => this.#close(left.server.id, protocol === 'UDP' ? 'idle' : 'peer-closed'))
      },
      silence: () => {
        const left = leave('error')
        if (left === undefined) return
        left.silent = true
        this.#clock.schedule(IDLE_MS, () => this.#close(left.server.id, 'idle'))
      },
    }
  }

  #open(protocol: LinkProtocol, address: string, receiver: MessageReceiver): Link {
    const remotePort = 10_000 + (this.#port++ % 50_000)
    const secure = protocol === 'TLS'
    const port = secure ? 5061 : 5060
    const common = { protocol, secure, reliable: secure, open: true }
    const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', clientCertificate: undefined }
    const link: Link = {
      server: {
        ...common,
        id: randomHex(12),
        localAddress: SERVER,
        localPort: port,
        remoteAddress: address,
        remotePort,
        tls: secure ? tls : undefined,
        listener: { protocol, address: SERVER, port, insecure: !secure },
      },
      phone: {
        ...common,
        id: randomHex(12),
        localAddress: address,
        localPort: remotePort,
        remoteAddress: SERVER,
        remotePort: port,
        tls: secure ? tls : undefined,
        listener: undefined,
      },
      receiver,
      silent: false,
      arrival: { server: 0, phone: 0 },
    }
    this.#links.set(link.server.id, link)
    return link
  }

  /** Most octets need some milliseconds, some a little longer. */
  #delay(): number {
    return 2 + this.#random.below(this.#random.oneIn(20) ? 200 : 20)
  }

  #carry(link: Link, to: 'server' | 'phone', bytes: string | Uint8Array): void {
    this.counts.sent++
    if (link.silent) return
    const octets = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)
    if (octets.length <= 4) return
    const deliver = (): void => this.#deliver(link, to, octets)
    const now = this.#clock.monotonic()
    if (link.server.reliable) {
      const at = Math.max(now + this.#delay(), link.arrival[to])
      link.arrival[to] = at
      this.#clock.schedule(at - now, deliver)
      return
    }
    if (this.lossy && this.#random.below(1000) < LOST) {
      this.counts.lost++
      return
    }
    this.#clock.schedule(this.#delay(), deliver)
    if (!this.lossy || this.#random.below(1000) >= DOUBLED) return
    this.counts.doubled++
    this.#clock.schedule(this.#delay(), deliver)
  }

  #deliver(link: Link, to: 'server' | 'phone', octets: Buffer): void {
    if (link.silent || !link[to].open) return
    const parsed = parseMessage(Buffer.from(octets))
    if (!parsed.ok) throw parsed.error
    const message = parsed.value
    const { remoteAddress, remotePort } = link[to]
    const seen = message.kind === 'request' ? withReceived(message, remoteAddress, remotePort) : message
    if (to === 'server') this.receiver?.onMessage(seen, link.server)
    else link.receiver.onMessage(seen, link.phone)
  }

  #close(id: string, reason: FlowCloseReason): void {
    const link = this.#links.get(id)
    if (link === undefined) return
    this.#links.delete(id)
    link.server.open = false
    link.silent = true
    for (const callback of this.#closed) callback(link.server, reason)
  }
}
