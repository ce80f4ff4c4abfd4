/** The number of an address that means the same place to everybody; none for private, reserved and documentation addresses. */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type PublicAddress =
  | { readonly family: 4; readonly value: number }
  /** The network part: the upper 64 bits, in two halves. */
  | { readonly family: 6; readonly high: number; readonly low: number }

export function publicAddress(text: string): PublicAddress | undefined {
  const bare = text.replace(/%.*$/s, '')
  if (isIP(bare) === 0) return undefined
  const address = ipaddr.process(bare)
  if (address.kind() === 'ipv4') return ofIPv4(address as ipaddr.IPv4)
  const { parts } = address as ipaddr.IPv6
  switch (address.range()) {
    case 'unicast':
      return { family: 6, high: join(parts[0]!, parts[1]!), low: join(parts[2]!, parts[3]!) }
    // Addresses that carry an IPv4 one (RFC 3056 §2, RFC 6052 §2.2) are where that is: nobody hides behind a way of writing.
    case '6to4':
      return ofIPv4(ipv4Of(parts[1]!, parts[2]!))
    case 'rfc6052':
      return ofIPv4(ipv4Of(parts[6]!, parts[7]!))
    default:
      return undefined
  }
}

function ofIPv4(address: ipaddr.IPv4): PublicAddress | undefined {
  if (address.range() !== 'unicast') return undefined
  const [a = 0, b = 0, c = 0, d = 0] = address.octets
  return { family: 4, value: join((a << 8) | b, (c << 8) | d) }
}

function ipv4Of(upper: number, lower: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([upper >> 8, upper & 0xff, lower >> 8, lower & 0xff])
}

/** Two halves of 16 bits: never negative. */
function join(upper: number, lower: number): number {
  return upper * 0x10000 + lower
}
