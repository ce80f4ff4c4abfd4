/** Addresses as the kernel takes them: `sockaddr_in` and `sockaddr_in6` of Linux, 16 and 28 octets. */
import type { SocketAddress } from './protocol.ts'

const AF_INET = 2
const AF_INET6 = 10
/** The longer of the two in words of 32 bits. */
export const SOCKET_ADDRESS_WORDS = 7

/** The four octets of a literal IPv4 address, or undefined. */
export function ipv4Octets(address: string): readonly [number, number, number, number] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)
  if (match === null) return undefined
  const octets = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])] as const
  return octets.every(octet => octet <= 255) ? octets : undefined
}

/** The eight groups of a literal IPv6 address without a zone, or undefined. */
export function ipv6Groups(address: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = address.split('::')
  if (more.length > 0 || !/^[0-9A-Fa-f:.]{2,45}$/.test(address)) return undefined
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  if (before === undefined || after === undefined) return undefined
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  return [...before, ...Array.from({ length: missing }, () => 0), ...after]
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const [i, part] of text.split(':').entries()) {
    const octets = part.includes('.') && i === text.split(':').length - 1 ? ipv4Octets(part) : undefined
    if (octets !== undefined) groups.push((octets[0] << 8) | octets[1], (octets[2] << 8) | octets[3])
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** Writes the structure to `target`; returns its length, or 0 when the address is no literal one. */
export function writeSocketAddress({ address, port }: SocketAddress, target: Buffer, at: number): 0 | 16 | 28 {
  const octets = ipv4Octets(address)
  if (octets !== undefined) {
    target.fill(0, at, at + 16)
    target.writeUInt16LE(AF_INET, at)
    target.writeUInt16BE(port, at + 2)
    for (const [i, octet] of octets.entries()) target[at + 4 + i] = octet
    return 16
  }
  const groups = ipv6Groups(address)
  if (groups === undefined) return 0
  target.fill(0, at, at + 28)
  target.writeUInt16LE(AF_INET6, at)
  target.writeUInt16BE(port, at + 2)
  for (const [i, group] of groups.entries()) target.writeUInt16BE(group, at + 8 + 2 * i)
  return 28
}

/** An address that goes with its structure: what answers come to is sent to in the same words. */
export class KernelAddress implements SocketAddress {
  readonly address: string
  readonly port: number
  readonly words: Int32Array
  /** Octets of the structure; 0: this is no literal address. */
  readonly length: number

  private constructor({ address, port }: SocketAddress, words: Int32Array, length: number) {
    this.address = address
    this.port = port
    this.words = words
    this.length = length
  }

  static of(address: SocketAddress): KernelAddress {
    const words = new Int32Array(SOCKET_ADDRESS_WORDS)
    return new KernelAddress(address, words, writeSocketAddress(address, Buffer.from(words.buffer), 0))
  }

  /** The first `count` words of `source`, or undefined when they are of another family. */
  static read(source: Int32Array, count: number): KernelAddress | undefined {
    const words = new Int32Array(SOCKET_ADDRESS_WORDS)
    for (let i = 0; i < count; i++) words[i] = source[i]!
    const address = readSocketAddress(Buffer.from(words.buffer), 0)
    return address === undefined ? undefined : new KernelAddress(address, words, 4 * count)
  }
}

/** The address in the structure at `at`, or undefined when it is of another family. */
export function readSocketAddress(source: Buffer, at: number): SocketAddress | undefined {
  const family = source.readUInt16LE(at)
  const port = source.readUInt16BE(at + 2)
  if (family === AF_INET) {
    return { address: `${source[at + 4]}.${source[at + 5]}.${source[at + 6]}.${source[at + 7]}`, port }
  }
  if (family !== AF_INET6) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => source.readUInt16BE(at + 8 + 2 * i))
  return { address: ipv6Text(groups), port }
}

/** In lower case, the longest run of two zeros or more as `::` (RFC 5952 §4). */
function ipv6Text(groups: readonly number[]): string {
  let [start, longest] = [0, 1]
  for (let from = 0; from < groups.length; from++) {
    let length = 0
    while (groups[from + length] === 0) length++
    if (length > longest) [start, longest] = [from, length]
  }
  const text = (part: readonly number[]): string => part.map(group => group.toString(16)).join(':')
  return longest < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`
}
