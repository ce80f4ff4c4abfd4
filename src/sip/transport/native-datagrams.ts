/**
 * Many datagrams for one call of the kernel: `recvmmsg` and `sendmmsg` through `node:ffi`, on Linux and IPv4. `dgram` says when there
 * is something to read, reads the first, and owns the descriptor; elsewhere it does everything.
 *
 * All memory that the kernel reads or writes is one block that is never freed. Its addresses are written once; afterwards
 * only lengths that were checked, ports and octets change (ADR 0011).
 *
 *   struct mmsghdr, 64 octets:  name* 8 | name length 4 + 4 | iovec* 8 | iovecs 8 | control* 8 | 8 | flags 4 + 4 | length 4 + 4
 *   struct sockaddr_in, 16:     family 2 | port 2, network order | address 4 | 8
 */
import type { dlopen, getRawPointer } from 'node:ffi'

/** Datagrams for one call. */
export const BATCH = 32
/** Octets of a datagram that fits into the batch to be sent; a longer one goes by itself. */
export const SLOT = 4_096
/** A UDP datagram cannot be longer (RFC 768). */
const RECEIVE_SLOT = 65_536

export interface NativeDatagrams {
  /** A bound, non-blocking descriptor, or undefined; `address` is a literal IPv4 address. */
  bind(address: string, port: number): number | undefined
  /** For a descriptor that no `dgram` socket took over. */
  close(descriptor: number): void
  /** Reads at most `BATCH` datagrams that wait; 0 when none do. `take` gets octets that are its own. */
  receive(descriptor: number, take: (bytes: Buffer, address: string, port: number) => void): number
  /** A batch of one socket's datagrams. */
  createBatch(descriptor: number, failed: (bytes: Buffer, address: string, port: number) => void): DatagramBatch
}

export interface DatagramBatch {
  /** Keeps a copy until `flush`; false when the datagram or the address does not fit. Sends what waits when it is full. */
  add(bytes: Uint8Array, address: string, port: number): boolean
  /** Sends what waits. What the kernel did not take is given to `failed`. */
  flush(): void
  readonly size: number
}

interface Ffi {
  readonly dlopen: typeof dlopen
  readonly getRawPointer: typeof getRawPointer
}

const SIGNATURES = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
} as const

const AF_INET = 2
const DATAGRAM_NON_BLOCKING_CLOSE_ON_EXEC = 2 | 0o4000 | 0o2000000
const DONT_WAIT = 0x40
const TRUNCATED = 0x20

const HEADER = 64
const FLAGS_AT = 48
const LENGTH_AT = 56
const ADDRESS = 16

/** Undefined where the platform is another, or this runtime has no `node:ffi` or forbids it. */
export function openNativeDatagrams(): NativeDatagrams | undefined {
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  if (process.platform !== 'linux' || !little || !['x64', 'arm64'].includes(process.arch)) return undefined
  try {
    const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined
    return ffi === undefined ? undefined : bindTo(ffi)
  } catch {
    return undefined
  }
}

/** One block for `BATCH` datagrams: headers, vectors, addresses, octets. */
function createRing(
  ffi: Ffi,
  slot: number,
): { readonly memory: Buffer; readonly pointer: bigint; slotAt(i: number): number } {
  const vectorsAt = BATCH * HEADER
  const addressesAt = vectorsAt + BATCH * 16
  const slotsAt = addressesAt + BATCH * ADDRESS
  const memory = Buffer.allocUnsafeSlow(slotsAt + BATCH * slot).fill(0, 0, slotsAt)
  const pointer = ffi.getRawPointer(memory)
  for (let i = 0; i < BATCH; i++) {
    const header = i * HEADER
    const vector = vectorsAt + i * 16
    memory.writeBigUInt64LE(pointer + BigInt(addressOf(i)), header)
    memory.writeUInt32LE(ADDRESS, header + 8)
    memory.writeBigUInt64LE(pointer + BigInt(vector), header + 16)
    memory.writeBigUInt64LE(1n, header + 24)
    memory.writeBigUInt64LE(pointer + BigInt(slotsAt + i * slot), vector)
    memory.writeBigUInt64LE(BigInt(slot), vector + 8)
  }
  return { memory, pointer, slotAt: i => slotsAt + i * slot }
}

const vectorLengthOf = (i: number): number => BATCH * HEADER + i * 16 + 8
const addressOf = (i: number): number => BATCH * (HEADER + 16) + i * ADDRESS

function bindTo(ffi: Ffi): NativeDatagrams {
  const { functions: call } = ffi.dlopen(null, SIGNATURES)
  const input = createRing(ffi, RECEIVE_SLOT)
  const texts = createAddressText()
  return {
    bind(address, port) {
      const octets = texts.numberOf(address)
      if (octets === undefined) return undefined
      const descriptor = call.socket(AF_INET, DATAGRAM_NON_BLOCKING_CLOSE_ON_EXEC, 0)
      if (descriptor < 0) return undefined
      writeAddress(input.memory, addressOf(0), octets, port)
      if (call.bind(descriptor, input.pointer + BigInt(addressOf(0)), ADDRESS) === 0) return descriptor
      call.close(descriptor)
      return undefined
    },
    close: descriptor => void call.close(descriptor),
    receive(descriptor, take) {
      const { memory, slotAt } = input
      const count = call.recvmmsg(descriptor, input.pointer, BATCH, DONT_WAIT, 0n)
      if (count <= 0) return 0
      const datagrams: { bytes: Buffer; address: string; port: number }[] = []
      for (let i = 0; i < Math.min(count, BATCH); i++) {
        const header = i * HEADER
        const length = memory.readUInt32LE(header + LENGTH_AT)
        if ((memory.readUInt32LE(header + FLAGS_AT) & TRUNCATED) !== 0 || length > RECEIVE_SLOT) continue
        const at = slotAt(i)
        const source = addressOf(i)
        // Copied, all of them before the first is handled: what handles it may come back here.
        const bytes = Buffer.from(memory.subarray(at, at + length))
        datagrams.push({
          bytes,
          address: texts.textOf(memory.readUInt32BE(source + 4)),
          port: memory.readUInt16BE(source + 2),
        })
      }
      for (const { bytes, address, port } of datagrams) take(bytes, address, port)
      return count
    },
    createBatch(descriptor, failed) {
      const { memory, pointer, slotAt } = createRing(ffi, SLOT)
      let size = 0
      const giveBack = (i: number): void => {
        const length = memory.readUInt32LE(vectorLengthOf(i))
        const bytes = Buffer.from(memory.subarray(slotAt(i), slotAt(i) + length))
        failed(bytes, texts.textOf(memory.readUInt32BE(addressOf(i) + 4)), memory.readUInt16BE(addressOf(i) + 2))
      }
      const flush = (): void => {
        const waiting = size
        size = 0
        for (let sent = 0; sent < waiting; ) {
          const count = call.sendmmsg(descriptor, pointer + BigInt(sent * HEADER), waiting - sent, DONT_WAIT)
          if (count > 0) sent += count
          else giveBack(sent++)
        }
      }
      return {
        get size() {
          return size
        },
        add(bytes, address, port) {
          const octets = texts.numberOf(address)
          if (octets === undefined || bytes.length > SLOT || port < 1 || port > 65_535) return false
          if (size === BATCH) flush()
          memory.set(bytes, slotAt(size))
          memory.writeUInt32LE(bytes.length, vectorLengthOf(size))
          writeAddress(memory, addressOf(size), octets, port)
          size++
          return true
        },
        flush,
      }
    },
  }
}

function writeAddress(memory: Buffer, at: number, octets: number, port: number): void {
  memory.writeUInt16LE(AF_INET, at)
  memory.writeUInt16BE(port, at + 2)
  memory.writeUInt32BE(octets, at + 4)
}

/** Dotted decimals and their number, both ways; the last few are remembered. */
function createAddressText(): { textOf(octets: number): string; numberOf(text: string): number | undefined } {
  let lastNumber = -1
  let lastText = ''
  const remember = (number: number, text: string): void => {
    lastNumber = number
    lastText = text
  }
  return {
    textOf(octets) {
      if (octets !== lastNumber) {
        remember(octets, `${octets >>> 24}.${(octets >>> 16) & 255}.${(octets >>> 8) & 255}.${octets & 255}`)
      }
      return lastText
    },
    numberOf(text) {
      if (text === lastText && lastNumber >= 0) return lastNumber
      const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
      if (match === null) return undefined
      const octets = match.slice(1).map(Number)
      if (octets.some(octet => octet > 255)) return undefined
      const number = ((octets[0]! << 24) | (octets[1]! << 16) | (octets[2]! << 8) | octets[3]!) >>> 0
      remember(number, text)
      return number
    },
  }
}
