/**
 * Homer Encapsulation Protocol, version 3 (https://github.com/sipcapture/HEP): one SIP message with where it came from, went to, and when. Pure.
 *
 *     "HEP3" | total length (16) | chunk …      chunk: vendor (16) | type (16) | length with this head (16) | value
 */
import { isIPv6 } from 'node:net'
import { normaliseAddress } from '../../base/network.ts'

export interface HepPacket {
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
  readonly protocol: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Number of this system among those that send to one Homer. */
  readonly captureId: number
  /** Our id of the call, which joins its legs. */
  readonly correlation: string | undefined
  /** SIP without secrets (`redactSip`). */
  readonly payload: Uint8Array
}

const SIP = 1
const HEAD = 6

/** Throws RangeError where the payload has no room in 16 bits of length. */
export function encodeHep(packet: HepPacket): Buffer {
  const source = normaliseAddress(packet.sourceAddress)
  const destination = normaliseAddress(packet.destinationAddress)
  const isSix = isIPv6(source)
  if (isSix !== isIPv6(destination)) throw new RangeError('addresses of two families')
  const seconds = Math.floor(packet.at / 1_000)
  const chunks = [
    chunk(1, octet(isSix ? 10 : 2)),
    chunk(2, octet(packet.protocol === 'UDP' ? 17 : 6)),
    chunk(isSix ? 5 : 3, addressOctets(source)),
    chunk(isSix ? 6 : 4, addressOctets(destination)),
    chunk(7, word(packet.sourcePort)),
    chunk(8, word(packet.destinationPort)),
    chunk(9, long(seconds)),
    chunk(10, long(Math.round((packet.at - seconds * 1_000) * 1_000))),
    chunk(11, octet(SIP)),
    chunk(12, long(packet.captureId)),
    ...(packet.correlation === undefined ? [] : [chunk(17, Buffer.from(packet.correlation, 'utf8'))]),
    chunk(15, packet.payload),
  ]
  const length = HEAD + chunks.reduce((sum, each) => sum + each.length, 0)
  if (length > 0xffff) throw new RangeError('the message has no room in a packet of HEP')
  return Buffer.concat([Buffer.from('HEP3', 'ascii'), word(length), ...chunks], length)
}

function chunk(type: number, value: Uint8Array): Buffer {
  const length = HEAD + value.length
  if (length > 0xffff) throw new RangeError('the message has no room in a packet of HEP')
  return Buffer.concat([word(0), word(type), word(length), value])
}

function octet(value: number): Buffer {
  return Buffer.of(value & 0xff)
}

function word(value: number): Buffer {
  const octets = Buffer.alloc(2)
  octets.writeUInt16BE(value & 0xffff)
  return octets
}

function long(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value >>> 0)
  return octets
}

/** Throws RangeError on what is no address. */
function addressOctets(address: string): Buffer {
  if (!isIPv6(address)) {
    const parts = address.split('.').map(Number)
    if (parts.length !== 4 || parts.some(part => !(part >= 0 && part <= 255))) throw new RangeError('no address')
    return Buffer.from(parts)
  }
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = (text: string): readonly number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const all = tail === undefined ? first : [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.concat(all.map(word))
}
