/**
 * UDP sockets made through `node:ffi` on Linux, for two things that `dgram` cannot: the DSCP mark (RFC 4594), and sending
 * without an object for each packet. Reading stays with `dgram`, which takes the socket over. Elsewhere there is none.
 *
 * All memory that the kernel reads is one block that is never freed; a descriptor is used only while its `dgram` socket,
 * which owns it, is open.
 */
import type { dlopen, getRawPointer } from 'node:ffi'
import { MAXIMUM_PACKET_LENGTH } from '../rtp/index.ts'
import type { SocketAddress } from './protocol.ts'
import { writeSocketAddress } from './socket-address.ts'

export interface NativeSockets {
  /** Where a packet is put before `send`. */
  readonly output: Buffer
  /** A bound, non-blocking descriptor, or undefined. */
  bind(local: SocketAddress, receiveBuffer: number): number | undefined
  /** For a descriptor that no `dgram` socket took over. */
  close(descriptor: number): void
  /** Marks what the socket sends from now on; 0 to 63. */
  mark(descriptor: number, family: 'IPv4' | 'IPv6', dscp: number): boolean
  /** Sends the first `length` octets of `output`. Like UDP: nobody learns whether it arrived. */
  send(descriptor: number, length: number, to: SocketAddress): void
}

interface Ffi {
  readonly dlopen: typeof dlopen
  readonly getRawPointer: typeof getRawPointer
}

const SIGNATURES = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  sendto: { arguments: ['i32', 'pointer', 'u64', 'i32', 'pointer', 'u32'], return: 'i64' },
  close: { arguments: ['i32'], return: 'i32' },
} as const

/** Linux, all architectures that Node.js runs on. */
const SYSTEM = {
  inet: 2,
  inet6: 10,
  datagramNonBlockingCloseOnExec: 2 | 0o4000 | 0o2000000,
  socketLevel: 1,
  receiveBuffer: 8,
  ipLevel: 0,
  typeOfService: 1,
  ipv6Level: 41,
  trafficClass: 67,
  ipv6Only: 26,
  dontWait: 0x40,
} as const

const OUTPUT_SIZE = MAXIMUM_PACKET_LENGTH + 64
const ADDRESS_AT = OUTPUT_SIZE
const OPTION_AT = ADDRESS_AT + 64
const MEMORY_SIZE = OPTION_AT + 64

/** Undefined where the platform is another, or this runtime has no `node:ffi` or forbids it. */
export function openNativeSockets(): NativeSockets | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined
    return ffi === undefined ? undefined : bindTo(ffi)
  } catch {
    return undefined
  }
}

function bindTo(ffi: Ffi): NativeSockets {
  const { functions: call } = ffi.dlopen(null, SIGNATURES)
  const memory = Buffer.allocUnsafeSlow(MEMORY_SIZE)
  const base = ffi.getRawPointer(memory)
  const addressPointer = base + BigInt(ADDRESS_AT)
  const optionPointer = base + BigInt(OPTION_AT)
  const sizes = Array.from({ length: OUTPUT_SIZE + 1 }, (_, size) => BigInt(size))
  /** Whose address lies in memory: consecutive packets often go to one phone. */
  let current: SocketAddress | undefined
  let currentLength = 0

  const setOption = (descriptor: number, level: number, option: number, value: number): boolean => {
    memory.writeInt32LE(value, OPTION_AT)
    return call.setsockopt(descriptor, level, option, optionPointer, 4) === 0
  }
  return {
    output: memory.subarray(0, OUTPUT_SIZE),
    bind(local, receiveBuffer) {
      current = undefined
      const length = writeSocketAddress(local, memory, ADDRESS_AT)
      if (length === 0) return undefined
      const family = length === 28 ? SYSTEM.inet6 : SYSTEM.inet
      const descriptor = call.socket(family, SYSTEM.datagramNonBlockingCloseOnExec, 0)
      if (descriptor < 0) return undefined
      if (family === SYSTEM.inet6) setOption(descriptor, SYSTEM.ipv6Level, SYSTEM.ipv6Only, 1)
      setOption(descriptor, SYSTEM.socketLevel, SYSTEM.receiveBuffer, receiveBuffer)
      if (call.bind(descriptor, addressPointer, length) === 0) return descriptor
      call.close(descriptor)
      return undefined
    },
    close(descriptor) {
      call.close(descriptor)
    },
    mark(descriptor, family, dscp) {
      const value = (dscp & 0x3f) << 2
      return family === 'IPv6'
        ? setOption(descriptor, SYSTEM.ipv6Level, SYSTEM.trafficClass, value)
        : setOption(descriptor, SYSTEM.ipLevel, SYSTEM.typeOfService, value)
    },
    send(descriptor, length, to) {
      if (length < 0 || length > OUTPUT_SIZE) return
      if (to !== current) {
        currentLength = writeSocketAddress(to, memory, ADDRESS_AT)
        current = to
      }
      if (currentLength === 0) return
      call.sendto(descriptor, base, sizes[length]!, SYSTEM.dontWait, addressPointer, currentLength)
    },
  }
}
