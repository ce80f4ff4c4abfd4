/** A UDP socket for the load: a batch of datagrams in one system call each way, arrivals stamped by the kernel. Linux only. */
import type { dlopen, getRawPointer } from 'node:ffi'

interface Ffi {
  readonly dlopen: typeof dlopen
  readonly getRawPointer: typeof getRawPointer
}

export interface BatchSocket {
  readonly port: number
  /** Sends `packet` to each of `ports` on 127.0.0.1. */
  sendToAll(packet: Buffer, ports: readonly number[]): void
  /** Hands out what lies in the queue: the packet is valid until the callback returns; `at` is the wall clock in milliseconds. */
  drain(take: (packet: Buffer, length: number, fromPort: number, at: number) => void): void
}

const SIGNATURES = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
  clock_gettime: { arguments: ['i32', 'pointer'], return: 'i32' },
} as const

const BATCH = 64
const SLOT = 512
const HEADER = 64
const DONT_WAIT = 0x40
const [SOCKET_LEVEL, RECEIVE_BUFFER_FORCE, TIMESTAMP_NS] = [1, 33, 35]

const ffi = process.getBuiltinModule('node:ffi') as Ffi
const { functions: call } = ffi.dlopen(null, SIGNATURES)

/** A block that native code may keep pointers into: never freed, never moved. */
class Block {
  readonly bytes: Buffer
  readonly pointer: bigint
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size).fill(0)
    this.pointer = ffi.getRawPointer(this.bytes)
  }
  at(offset: number): bigint {
    return this.pointer + BigInt(offset)
  }
}

const clock = new Block(16)

/** The kernel's wall clock in milliseconds, finer than `Date.now`. */
export function wallClock(): number {
  call.clock_gettime(0, clock.pointer)
  return clock.bytes.readUInt32LE(0) * 1e3 + clock.bytes.readUInt32LE(8) / 1e6
}

export function openBatchSocket(port: number): BatchSocket {
  const scratch = new Block(64)
  const descriptor = call.socket(2, 2, 0)
  scratch.bytes.writeUInt16LE(2, 0)
  scratch.bytes.writeUInt16BE(port, 2)
  scratch.bytes.writeUInt32BE(0x7f00_0001, 4)
  if (call.bind(descriptor, scratch.pointer, 16) !== 0) throw new Error(`port ${port} is taken`)
  scratch.bytes.writeUInt32LE(16, 32)
  call.getsockname(descriptor, scratch.pointer, scratch.at(32))
  const bound = scratch.bytes.readUInt16BE(2)
  for (const [option, value] of [
    [RECEIVE_BUFFER_FORCE, 32 << 20],
    [TIMESTAMP_NS, 1],
  ] as const) {
    scratch.bytes.writeInt32LE(value, 0)
    call.setsockopt(descriptor, SOCKET_LEVEL, option, scratch.pointer, 4)
  }
  return { port: bound, sendToAll: sender(descriptor), drain: receiver(descriptor) }
}

/** `struct mmsghdr` of 64-bit Linux: name, its length, iovec, their number, control, its length, flags, octets. */
function header(block: Block, at: number, name: bigint, iovec: bigint, control: bigint): void {
  block.bytes.writeBigUInt64LE(name, at)
  block.bytes.writeUInt32LE(16, at + 8)
  block.bytes.writeBigUInt64LE(iovec, at + 16)
  block.bytes.writeBigUInt64LE(1n, at + 24)
  block.bytes.writeBigUInt64LE(control, at + 32)
}

function sender(descriptor: number): BatchSocket['sendToAll'] {
  const block = new Block(BATCH * (HEADER + 16) + 16 + SLOT)
  const names = BATCH * HEADER
  const iovec = names + BATCH * 16
  const payload = iovec + 16
  for (let i = 0; i < BATCH; i++) {
    header(block, i * HEADER, block.at(names + i * 16), block.at(iovec), 0n)
    block.bytes.writeUInt16LE(2, names + i * 16)
    block.bytes.writeUInt32BE(0x7f00_0001, names + i * 16 + 4)
  }
  block.bytes.writeBigUInt64LE(block.at(payload), iovec)
  return (packet, ports) => {
    block.bytes.set(packet, payload)
    block.bytes.writeBigUInt64LE(BigInt(packet.length), iovec + 8)
    for (let from = 0; from < ports.length; from += BATCH) {
      const count = Math.min(BATCH, ports.length - from)
      for (let i = 0; i < count; i++) block.bytes.writeUInt16BE(ports[from + i]!, names + i * 16 + 2)
      for (let done = 0; done < count; ) {
        const sent = call.sendmmsg(descriptor, block.at(done * HEADER), count - done, 0)
        if (sent <= 0) throw new Error('the kernel takes no more packets')
        done += sent
      }
    }
  }
}

function receiver(descriptor: number): BatchSocket['drain'] {
  const control = 64
  const block = new Block(BATCH * (HEADER + 16 + 16 + control + SLOT))
  const names = BATCH * HEADER
  const iovecs = names + BATCH * 16
  const controls = iovecs + BATCH * 16
  const payloads = controls + BATCH * control
  for (let i = 0; i < BATCH; i++) {
    header(block, i * HEADER, block.at(names + i * 16), block.at(iovecs + i * 16), block.at(controls + i * control))
    block.bytes.writeBigUInt64LE(block.at(payloads + i * SLOT), iovecs + i * 16)
    block.bytes.writeBigUInt64LE(BigInt(SLOT), iovecs + i * 16 + 8)
  }
  const packets = Array.from({ length: BATCH }, (_, i) =>
    block.bytes.subarray(payloads + i * SLOT, payloads + (i + 1) * SLOT),
  )
  return take => {
    for (;;) {
      for (let i = 0; i < BATCH; i++) block.bytes.writeUInt32LE(control, i * HEADER + 40)
      const count = call.recvmmsg(descriptor, block.pointer, BATCH, DONT_WAIT, 0n)
      if (count <= 0) return
      for (let i = 0; i < count; i++) {
        const stamp = controls + i * control + 16
        const at = block.bytes.readUInt32LE(stamp) * 1e3 + block.bytes.readUInt32LE(stamp + 8) / 1e6
        const length = block.bytes.readUInt32LE(i * HEADER + 56)
        take(packets[i]!, length, block.bytes.readUInt16BE(names + i * 16 + 2), at)
      }
      if (count < BATCH) return
    }
  }
}
