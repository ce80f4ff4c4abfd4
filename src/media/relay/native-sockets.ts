/**
 * UDP sockets without `dgram`, which makes two objects and two system calls for each packet that it reads, cannot send without
 * an object, and cannot mark (RFC 4594). Here one `epoll` set says which sockets have something. Packets go in batches through
 * three steps: all are read, then each is worked on, then all are sent. The kernel's way and ours are each longer than a
 * processor's nearest memory, and so they drive each other out of it once for a batch and not once for a packet.
 *
 * What keeps it safe: a descriptor is used only through a table, by index and generation, and stands in the ledger while it is
 * open, so that the main thread can close it when this thread dies.
 */
import { MAXIMUM_PACKET_LENGTH } from '../rtp/index.ts'
import { PACKET_CAPACITY } from '../srtp/index.ts'
import type { DescriptorLedger } from './descriptor-ledger.ts'
import type { SocketAddress } from './protocol.ts'
import { KernelAddress, SOCKET_ADDRESS_WORDS } from './socket-address.ts'
import { BATCH, type Handle, openSystemCalls, SLOT, type SystemCalls } from './system-calls.ts'

export interface NativeSocket {
  /** Sends the first `length` octets of `packet`, which is free again. Like UDP: nobody learns whether it arrived. */
  send(length: number, to: SocketAddress): void
  /** Marks what is sent from now on; 0 to 63. */
  mark(dscp: number): boolean
  /** Idempotent. */
  close(): void
}

/** Gets a datagram that lies in `packet`; `length` is what was sent, which may be more than fits. */
export type Received = (length: number, from: SocketAddress) => void

/** `yielded`: the event loop waits, and so do datagrams. */
export type Polled = 'nothing' | 'datagrams' | 'event-loop' | 'yielded' | 'event-loop-and-datagrams'

export interface NativeSockets {
  /** Where a packet that was received is worked on, and where one is put before `send`: `PACKET_CAPACITY` octets. */
  readonly packet: Buffer
  /** A bound socket, or undefined. */
  open(local: SocketAddress, receiveBuffer: number, received: Received): NativeSocket | undefined
  /**
   * Waits at most so many milliseconds for datagrams and for the event loop of this thread, and says which came. With
   * `datagrams`, one datagram of each socket that has any was read. Where `yields`, none was read if the event loop waits.
   */
  poll(milliseconds: number, yields: boolean): Polled
  /** Closes what is open. */
  close(): void
}

/** The event loop's place in the table; in the ledger, that of the set. */
const EVENT_LOOP = 0

/** `packet`: where ciphers work, so that they need not copy. Undefined where there are none. */
export function openNativeSockets(
  ledger: DescriptorLedger,
  packet: Buffer = Buffer.alloc(PACKET_CAPACITY),
): NativeSockets | undefined {
  const calls = openSystemCalls()
  const set = calls?.createSet(EVENT_LOOP)
  return calls === undefined || set === undefined ? undefined : new EpollSockets(calls, set, ledger, packet)
}

const NOWHERE = KernelAddress.of({ address: '', port: 0 })

/** What was read and is to be worked on; one for each slot, used again and again. */
interface Arrival {
  entry: Entry | undefined
  from: KernelAddress | undefined
  length: number
}

/** What waits in a slot to be sent. */
interface Departure {
  handle: Handle
  to: KernelAddress
  length: number
}

interface Entry {
  readonly handle: Handle
  readonly index: number
  readonly generation: number
  readonly received: Received
  /** Who sent last. */
  from: KernelAddress | undefined
}

class EpollSockets implements NativeSockets {
  readonly packet: Buffer
  readonly #calls: SystemCalls
  readonly #set: Handle
  readonly #ledger: DescriptorLedger
  /** By index; the ledger has the same indices. */
  readonly #entries: (Entry | undefined)[] = [undefined]
  readonly #free: number[] = []
  #generation = 0
  /** Addresses of others: where to send before a phone was heard. */
  readonly #resolved = new WeakMap<SocketAddress, KernelAddress>()
  readonly #arrivals = Array.from({ length: BATCH }, (): Arrival => ({ entry: undefined, from: undefined, length: 0 }))
  readonly #departures = Array.from({ length: BATCH }, (): Departure => ({ handle: 0n, to: NOWHERE, length: 0 }))
  #departing = 0
  /** In the midst of a batch, whose departures wait for its end. */
  #working = false

  constructor(calls: SystemCalls, set: Handle, ledger: DescriptorLedger, packet: Buffer) {
    if (packet.length < PACKET_CAPACITY) throw new RangeError('too little room for a packet')
    this.packet = packet
    this.#calls = calls
    this.#set = set
    this.#ledger = ledger
    ledger.enter(EVENT_LOOP, Number(set))
  }

  open(local: SocketAddress, receiveBuffer: number, received: Received): NativeSocket | undefined {
    const index = this.#free.at(-1) ?? this.#entries.length
    if (index >= this.#ledger.capacity) return undefined
    const handle = this.#bind(local, receiveBuffer)
    if (handle === undefined) return undefined
    this.#ledger.enter(index, Number(handle))
    this.#generation = (this.#generation + 1) >>> 0
    const entry: Entry = { handle, index, generation: this.#generation, received, from: undefined }
    this.#entries[index] = entry
    if (this.#free.at(-1) === index) this.#free.pop()
    if (!this.#calls.watch(this.#set, handle, index, entry.generation)) {
      this.#close(index, entry)
      return undefined
    }
    const option = local.address.includes(':') ? 'trafficClass' : 'typeOfService'
    const isOpen = (): boolean => this.#entries[index] === entry
    return {
      send: (length, to) => {
        if (isOpen()) this.#send(handle, length, to)
      },
      mark: dscp => isOpen() && this.#calls.setOption(handle, option, (dscp & 0x3f) << 2),
      close: () => {
        if (isOpen()) this.#close(index, entry)
      },
    }
  }

  #bind(local: SocketAddress, receiveBuffer: number): Handle | undefined {
    const calls = this.#calls
    const { words, length } = KernelAddress.of(local)
    if (length === 0) return undefined
    const family = length === 28 ? 'IPv6' : 'IPv4'
    const handle = calls.socket(family)
    if (handle === undefined) return undefined
    if (family === 'IPv6') calls.setOption(handle, 'ipv6Only', 1)
    calls.setOption(handle, 'receiveBuffer', receiveBuffer)
    calls.to.set(words)
    if (calls.bind(handle, length)) return handle
    calls.close(handle)
    return undefined
  }

  /** Closing a descriptor takes it out of the set. What was to be sent is sent first: the descriptor's number may come again. */
  #close(index: number, entry: Entry): void {
    this.#flush()
    this.#entries[index] = undefined
    this.#free.push(index)
    this.#ledger.leave(index)
    this.#calls.close(entry.handle)
  }

  poll(milliseconds: number, yields: boolean): Polled {
    const calls = this.#calls
    const count = calls.wait(this.#set, milliseconds)
    if (count <= 0) return 'nothing'
    let eventLoopWaits = false
    for (let event = 0; event < count; event++) if (calls.eventIndex(event) === EVENT_LOOP) eventLoopWaits = true
    if (eventLoopWaits && count === 1) return 'event-loop'
    if (eventLoopWaits && yields) return 'yielded'
    let arrived = 0
    for (let event = 0; event < count; event++) {
      const entry = this.#entries[calls.eventIndex(event)]
      if (entry?.generation === calls.eventGeneration(event) && this.#receive(entry, arrived)) arrived++
    }
    this.#working = true
    for (let slot = 0; slot < arrived; slot++) this.#work(slot)
    this.#working = false
    this.#flush()
    return eventLoopWaits ? 'event-loop-and-datagrams' : 'datagrams'
  }

  #receive(entry: Entry, slot: number): boolean {
    const { from } = this.#calls
    const length = this.#calls.receive(entry.handle, slot)
    if (length < 0) return false
    const size = this.#calls.fromWords()
    const known = entry.from?.words
    let same = known !== undefined
    for (let i = 0; same && i < size; i++) same = known![i] === from[i]
    if (!same) entry.from = KernelAddress.read(from, size)
    const arrival = this.#arrivals[slot]!
    arrival.entry = entry
    arrival.from = entry.from
    arrival.length = length
    return true
  }

  #work(slot: number): void {
    const { entry, from, length } = this.#arrivals[slot]!
    // What came before it in this batch may have closed it.
    if (entry === undefined || from === undefined || this.#entries[entry.index] !== entry) return
    this.#calls.received[slot]!.copy(this.packet, 0, 0, Math.min(length, MAXIMUM_PACKET_LENGTH))
    entry.received(length, from)
  }

  #resolve(address: SocketAddress): KernelAddress {
    const known = this.#resolved.get(address)
    if (known !== undefined) return known
    const resolved = KernelAddress.of(address)
    this.#resolved.set(address, resolved)
    return resolved
  }

  #send(handle: Handle, length: number, address: SocketAddress): void {
    const to = address instanceof KernelAddress ? address : this.#resolve(address)
    if (to.length === 0 || length < 0 || length > SLOT) return
    const slot = this.#departing++
    this.packet.copy(this.#calls.outgoing[slot]!, 0, 0, length)
    const departure = this.#departures[slot]!
    departure.handle = handle
    departure.to = to
    departure.length = length
    if (!this.#working || this.#departing === BATCH) this.#flush()
  }

  #flush(): void {
    const { to } = this.#calls
    const count = this.#departing
    this.#departing = 0
    for (let slot = 0; slot < count; slot++) {
      const departure = this.#departures[slot]!
      const { words, length } = departure.to
      for (let i = 0; i < SOCKET_ADDRESS_WORDS; i++) to[i] = words[i]!
      this.#calls.send(departure.handle, slot, departure.length, length)
    }
  }

  close(): void {
    for (const [index, entry] of this.#entries.entries()) if (entry !== undefined) this.#close(index, entry)
    if (this.#ledger.leave(EVENT_LOOP)) this.#calls.close(this.#set)
  }
}
