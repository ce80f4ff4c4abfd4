/**
 * UDP sockets without `dgram`, which makes two objects and two system calls for each packet that it reads, cannot send without
 * an object, and cannot mark (RFC 4594). Here one `epoll` set says which sockets have something, and one call reads a datagram
 * to where it is decrypted, encrypted and sent from.
 *
 * What keeps it safe: a descriptor is used only through a table, by index and generation, and stands in the ledger while it is
 * open, so that the main thread can close it when this thread dies.
 */
import type { PacketMemory } from '../srtp/index.ts'
import type { DescriptorLedger } from './descriptor-ledger.ts'
import type { SocketAddress } from './protocol.ts'
import { readSocketAddress, SOCKET_ADDRESS_WORDS, writeSocketAddress } from './socket-address.ts'
import { type Handle, openSystemCalls, type SystemCalls } from './system-calls.ts'

export interface NativeSocket {
  /** Sends the first `length` octets of `packet`. Like UDP: nobody learns whether it arrived. */
  send(length: number, to: SocketAddress): void
  /** Marks what is sent from now on; 0 to 63. */
  mark(dscp: number): boolean
  /** Idempotent. */
  close(): void
}

/** Gets a datagram that lies in `packet`; `length` is what was sent, which may be more than fits. */
export type Received = (length: number, from: SocketAddress) => void

export type Polled = 'nothing' | 'datagrams' | 'event-loop' | 'event-loop-and-datagrams'

export interface NativeSockets {
  /** Where what was received lies, and where a packet is put before `send`: `PACKET_CAPACITY` octets. */
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

/** Undefined where there are none. */
export function openNativeSockets(ledger: DescriptorLedger, packet?: PacketMemory): NativeSockets | undefined {
  const calls = openSystemCalls(packet)
  const set = calls?.createSet(EVENT_LOOP)
  return calls === undefined || set === undefined ? undefined : new EpollSockets(calls, set, ledger)
}

/** An address as the kernel takes it. */
interface Written {
  readonly words: Int32Array
  readonly length: number
}

interface Entry {
  readonly handle: Handle
  readonly generation: number
  readonly received: Received
  /** Who sent last, as the kernel says it, and as we do. */
  readonly words: Int32Array
  from: SocketAddress | undefined
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
  readonly #written = new WeakMap<SocketAddress, Written>()

  constructor(calls: SystemCalls, set: Handle, ledger: DescriptorLedger) {
    this.packet = calls.packet
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
    const words = new Int32Array(SOCKET_ADDRESS_WORDS)
    const entry: Entry = { handle, generation: this.#generation, received, words, from: undefined }
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
    const { words, length } = this.#write(local)
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

  #write(address: SocketAddress): Written {
    const words = new Int32Array(SOCKET_ADDRESS_WORDS)
    return { words, length: writeSocketAddress(address, Buffer.from(words.buffer), 0) }
  }

  /** Closing a descriptor takes it out of the set. */
  #close(index: number, entry: Entry): void {
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
    if (eventLoopWaits && (yields || count === 1)) return 'event-loop'
    for (let event = 0; event < count; event++) {
      const entry = this.#entries[calls.eventIndex(event)]
      // What came before it in this batch may have closed it, and its place may have been taken.
      if (entry?.generation === calls.eventGeneration(event)) this.#receive(entry)
    }
    return eventLoopWaits ? 'event-loop-and-datagrams' : 'datagrams'
  }

  #receive(entry: Entry): void {
    const { from } = this.#calls
    const length = this.#calls.receive(entry.handle)
    if (length < 0) return
    const size = this.#calls.fromWords()
    let same = entry.from !== undefined
    for (let i = 0; i < size; i++) if (entry.words[i] !== from[i]) same = false
    if (!same) this.#sourceChanged(entry, size)
    if (entry.from !== undefined) entry.received(length, entry.from)
  }

  #sourceChanged(entry: Entry, size: number): void {
    entry.words.fill(0)
    for (let i = 0; i < size; i++) entry.words[i] = this.#calls.from[i]!
    entry.from = readSocketAddress(Buffer.from(entry.words.buffer), 0)
    if (entry.from !== undefined) this.#written.set(entry.from, { words: entry.words.slice(), length: size * 4 })
  }

  #send(handle: Handle, length: number, address: SocketAddress): void {
    let written = this.#written.get(address)
    if (written === undefined) {
      written = this.#write(address)
      this.#written.set(address, written)
    }
    if (written.length === 0) return
    const { to } = this.#calls
    for (let i = 0; i < SOCKET_ADDRESS_WORDS; i++) to[i] = written.words[i]!
    this.#calls.send(handle, length, written.length)
  }

  close(): void {
    for (const [index, entry] of this.#entries.entries()) if (entry !== undefined) this.#close(index, entry)
    if (this.#ledger.leave(EVENT_LOOP)) this.#calls.close(this.#set)
  }
}
