/**
 * The kernel's calls for UDP sockets and `epoll`, through `node:ffi` on Linux. Only this file knows pointers: all memory that
 * the kernel reads and writes is one block that is never freed, and each length is checked against it.
 */
import type { dlopen, getCurrentEventLoop, getRawPointer } from 'node:ffi'
import { MAXIMUM_PACKET_LENGTH } from '../rtp/index.ts'
import { SOCKET_ADDRESS_WORDS } from './socket-address.ts'

interface Ffi {
  readonly dlopen: typeof dlopen
  readonly getRawPointer: typeof getRawPointer
  readonly getCurrentEventLoop: typeof getCurrentEventLoop
}

/** A descriptor as native code takes it. */
export type Handle = bigint

export interface SystemCalls {
  /** Where packets are read to, and sent from: `BATCH` of each, `SLOT` octets long. */
  readonly received: readonly Buffer[]
  readonly outgoing: readonly Buffer[]
  /** `struct sockaddr` of who sent what was read, and of whom to send to, in words of 32 bits. */
  readonly from: Int32Array
  readonly to: Int32Array
  /** A non-blocking UDP socket, or undefined. */
  socket(family: 'IPv4' | 'IPv6'): Handle | undefined
  /** Binds to the address in `to`. */
  bind(socket: Handle, addressLength: number): boolean
  setOption(socket: Handle, option: SocketOption, value: number): boolean
  close(handle: Handle): void
  /** A new `epoll` set that is readable when the event loop of this thread has something to do, too; or undefined. */
  createSet(eventLoopIndex: number): Handle | undefined
  watch(set: Handle, socket: Handle, index: number, generation: number): boolean
  /** How many are ready, at most `BATCH`; `eventIndex` and `eventGeneration` say which. */
  wait(set: Handle, milliseconds: number): number
  eventIndex(event: number): number
  eventGeneration(event: number): number
  /** Reads a datagram to `received[slot]` and its source to `from`: the length of what was sent, or a negative number. */
  receive(socket: Handle, slot: number): number
  /** How many words of `from` mean something. */
  fromWords(): number
  /** Sends the first `length` octets of `outgoing[slot]` to the address in `to`. */
  send(socket: Handle, slot: number, length: number, addressLength: number): void
}

/**
 * Numbers are declared as pointers: on x64 and arm64 both travel in the same registers, and what `node:ffi` does to check an
 * integer costs more than the call. All are small and not negative.
 */
const SIGNATURES = {
  socket: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  bind: { arguments: ['pointer', 'pointer', 'pointer'], return: 'i32' },
  setsockopt: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  // Both return a ssize_t that is at most 65,535: the lower half says it all.
  recvfrom: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  sendto: { arguments: ['pointer', 'pointer', 'pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  close: { arguments: ['pointer'], return: 'i32' },
  epoll_create1: { arguments: ['pointer'], return: 'i32' },
  epoll_ctl: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  epoll_wait: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'i32' },
  uv_backend_fd: { arguments: ['pointer'], return: 'i32' },
} as const

/** Of Linux on x64 and arm64. */
const INET = 2n
const INET6 = 10n
const DATAGRAM_NON_BLOCKING_CLOSE_ON_EXEC = BigInt(2 | 0o4000 | 0o2000000)
const CLOSE_ON_EXEC = BigInt(0o2000000)
const DONT_WAIT = 0x40n
/** And tell the whole length of what does not fit. */
const DONT_WAIT_TRUNCATE = 0x60n
const ADD_TO_SET = 1n
const READABLE = 1
const OPTIONS = {
  receiveBuffer: [1n, 8n],
  ipv6Only: [41n, 26n],
  typeOfService: [0n, 1n],
  trafficClass: [41n, 67n],
} as const
export type SocketOption = keyof typeof OPTIONS

/** Packets that are worked on together. */
export const BATCH = 64
/** Octets of each: a packet, and what protection adds. */
export const SLOT = MAXIMUM_PACKET_LENGTH + 64
const LONGEST_WAIT_MS = 1000
/** `struct epoll_event` is packed on x64 alone. */
const [EVENT_SIZE, EVENT_DATA] = process.arch === 'x64' ? [12, 4] : [16, 8]
const ADDRESS_SIZE = 4 * SOCKET_ADDRESS_WORDS

const FROM_AT = 0
const TO_AT = 64
const LENGTH_AT = 128
const OPTION_AT = 192
const EVENTS_AT = 256
const RECEIVED_AT = EVENTS_AT + BATCH * 16
const OUTGOING_AT = RECEIVED_AT + BATCH * SLOT
const MEMORY_SIZE = OUTGOING_AT + BATCH * SLOT

/** Undefined where the platform is another, or this runtime lacks or forbids what it takes. */
export function openSystemCalls(): SystemCalls | undefined {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined
  try {
    const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined
    return ffi === undefined ? undefined : bindTo(ffi)
  } catch {
    return undefined
  }
}

function bindTo(ffi: Ffi): SystemCalls {
  // Functions come in a dictionary, from which each use would look them up anew.
  const call = { ...ffi.dlopen(null, SIGNATURES).functions }
  const memory = Buffer.allocUnsafeSlow(MEMORY_SIZE).fill(0)
  const base = ffi.getRawPointer(memory)
  const at = (offset: number): bigint => base + BigInt(offset)
  const [from, to, length, option, events] = [at(FROM_AT), at(TO_AT), at(LENGTH_AT), at(OPTION_AT), at(EVENTS_AT)]
  const words = (offset: number, count: number): Int32Array =>
    new Int32Array(memory.buffer, memory.byteOffset + offset, count)
  const fromLength = words(LENGTH_AT, 1)
  const numbers = Array.from({ length: SLOT + 1 }, (_, value) => BigInt(value))
  const capacity = numbers[MAXIMUM_PACKET_LENGTH]!
  const slots = (offset: number): Buffer[] =>
    Array.from({ length: BATCH }, (_, slot) => memory.subarray(offset + slot * SLOT, offset + (slot + 1) * SLOT))
  const receivedAt = Array.from({ length: BATCH }, (_, slot) => at(RECEIVED_AT + slot * SLOT))
  const outgoingAt = Array.from({ length: BATCH }, (_, slot) => at(OUTGOING_AT + slot * SLOT))
  const handleOf = (descriptor: number): Handle | undefined => (descriptor < 0 ? undefined : BigInt(descriptor))
  const add = (set: Handle, descriptor: Handle, index: number, generation: number): boolean => {
    memory.writeUInt32LE(READABLE, EVENTS_AT)
    memory.writeUInt32LE(index, EVENTS_AT + EVENT_DATA)
    memory.writeUInt32LE(generation, EVENTS_AT + EVENT_DATA + 4)
    return call.epoll_ctl(set, ADD_TO_SET, descriptor, events) === 0
  }
  return {
    received: slots(RECEIVED_AT),
    outgoing: slots(OUTGOING_AT),
    from: words(FROM_AT, SOCKET_ADDRESS_WORDS),
    to: words(TO_AT, SOCKET_ADDRESS_WORDS),
    socket: family => {
      const domain = family === 'IPv6' ? INET6 : INET
      return handleOf(call.socket(domain, DATAGRAM_NON_BLOCKING_CLOSE_ON_EXEC, 0n))
    },
    bind: (socket, addressLength) =>
      addressLength <= ADDRESS_SIZE && call.bind(socket, to, numbers[addressLength]!) === 0,
    setOption(socket, name, value) {
      const [level, number] = OPTIONS[name]
      memory.writeInt32LE(value, OPTION_AT)
      return call.setsockopt(socket, level, number, option, 4n) === 0
    },
    close: handle => void call.close(handle),
    createSet(eventLoopIndex) {
      const set = handleOf(call.epoll_create1(CLOSE_ON_EXEC))
      const eventLoop = handleOf(call.uv_backend_fd(ffi.getCurrentEventLoop()))
      if (set === undefined || (eventLoop !== undefined && add(set, eventLoop, eventLoopIndex, 0))) return set
      call.close(set)
      return undefined
    },
    watch: add,
    wait: (set, milliseconds) =>
      call.epoll_wait(set, events, numbers[BATCH]!, numbers[Math.min(milliseconds, LONGEST_WAIT_MS)]!),
    eventIndex: event => memory.readUInt32LE(EVENTS_AT + event * EVENT_SIZE + EVENT_DATA),
    eventGeneration: event => memory.readUInt32LE(EVENTS_AT + event * EVENT_SIZE + EVENT_DATA + 4),
    receive(socket, slot) {
      const place = receivedAt[slot]
      if (place === undefined) return -1
      fromLength[0] = ADDRESS_SIZE
      return call.recvfrom(socket, place, capacity, DONT_WAIT_TRUNCATE, from, length)
    },
    fromWords: () => Math.min(fromLength[0]! >> 2, SOCKET_ADDRESS_WORDS),
    send(socket, slot, size, addressLength) {
      const place = outgoingAt[slot]
      if (place === undefined || size < 0 || size > SLOT || addressLength > ADDRESS_SIZE) return
      call.sendto(socket, place, numbers[size]!, DONT_WAIT, to, numbers[addressLength]!)
    },
  }
}
