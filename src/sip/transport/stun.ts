/** The STUN keep-alive of a UDP flow: a binding request and its answer (RFC 5626 §4.4.2, RFC 8489 §5, §14.2). Pure. */
import { isIPv4 } from 'node:net'

const HEADER = 20
const MAGIC = 0x2112a442
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020

/** Whether a datagram is STUN: two zero bits and the magic cookie (RFC 8489 §5, RFC 7983 §7). */
export function isStun(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && bytes[0]! < 4 && readUint32(bytes, 4) === MAGIC
}

/**
 * The success response to a binding request, or undefined for anything else. Without SOFTWARE or FINGERPRINT: 32
 * octets for IPv4, 44 for IPv6. A request may have only 20: who answers strangers compares the lengths.
 */
export function answerBindingRequest(request: Uint8Array, address: string, port: number): Buffer | undefined {
  if (!isStun(request) || ((request[0]! << 8) | request[1]!) !== BINDING_REQUEST) return undefined
  const declared = (request[2]! << 8) | request[3]!
  if (declared % 4 !== 0 || declared + HEADER !== request.length) return undefined
  const host = addressBytes(address)
  if (host === undefined) return undefined
  const response = Buffer.alloc(HEADER + 8 + host.length)
  response.writeUInt16BE(BINDING_SUCCESS, 0)
  response.writeUInt16BE(8 + host.length, 2)
  response.set(request.subarray(4, HEADER), 4)
  response.writeUInt16BE(XOR_MAPPED_ADDRESS, HEADER)
  response.writeUInt16BE(4 + host.length, HEADER + 2)
  response[HEADER + 5] = host.length === 4 ? 0x01 : 0x02
  response.writeUInt16BE(port ^ (MAGIC >>> 16), HEADER + 6)
  for (let i = 0; i < host.length; i++) response[HEADER + 8 + i] = host[i]! ^ response[4 + i]!
  return response
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function addressBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  const [left = '', right, ...rest] = address.split('%')[0]!.split('::')
  if (rest.length > 0) return undefined
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const gap = 8 - head.length - tail.length
  if (gap < 0 || (right === undefined && gap !== 0)) return undefined
  const bytes = new Uint8Array(16)
  const groups = [...head, ...Array<string>(gap).fill('0'), ...tail]
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16)
    bytes[i * 2] = value >> 8
    bytes[i * 2 + 1] = value & 255
  })
  return bytes
}
