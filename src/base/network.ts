/** Addresses and networks: parsing, membership, and the key by which a source is counted. */
import { isIP, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

export { isIP } from 'node:net'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** A network in CIDR notation, parsed once. */
export interface Network {
  readonly text: string
  includes(address: string): boolean
}

function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined
  return ipaddr.process(text)
}

/** Parses `192.0.2.0/24`, `2001:db8::/32` or a single address. Undefined when it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = '', lengthText, ...rest] = text.split('/')
  const address = parseAddress(addressText)
  if (address === undefined || rest.length > 0) return undefined
  const bits = address.kind() === 'ipv4' ? 32 : 128
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return undefined
  const length = lengthText === undefined ? bits : Number(lengthText)
  if (length > bits) return undefined
  return {
    text,
    includes(candidate) {
      const other = parseAddress(candidate)
      return other !== undefined && other.kind() === address.kind() && matches(other, address, length)
    },
  }
}

function matches(candidate: Address, network: Address, length: number): boolean {
  if (candidate.kind() === 'ipv4') return (candidate as ipaddr.IPv4).match(network as ipaddr.IPv4, length)
  return (candidate as ipaddr.IPv6).match(network as ipaddr.IPv6, length)
}

export function inAnyNetwork(address: string, networks: readonly Network[]): boolean {
  for (const network of networks) if (network.includes(address)) return true
  return false
}

/** The address in its shortest form; an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as IPv4. */
export function normaliseAddress(text: string): string {
  // Asked for each packet: most addresses have nothing to make shorter.
  if (!text.includes(':')) return text
  if (text.startsWith('::ffff:') && text.includes('.')) return text.slice(7)
  if (!isIPv6(text)) return text
  return parseAddress(text)?.toString() ?? text
}

/** The key by which a source is counted: the address for IPv4, its /64 for IPv6. */
export function sourceKey(address: string): string {
  const normal = normaliseAddress(address)
  if (!isIPv6(normal)) return normal
  const parts = (ipaddr.parse(normal) as ipaddr.IPv6).parts.slice(0, 4)
  return `${parts.map(part => part.toString(16)).join(':')}::/64`
}

/** Where a source is, coarsely: its /24 for IPv4, its /48 for IPv6. Empty for what is no address. */
export function neighbourhoodOf(address: string): string {
  const normal = normaliseAddress(address)
  const kind = isIP(normal)
  if (kind === 4) return `${normal.slice(0, normal.lastIndexOf('.'))}.0/24`
  if (kind !== 6) return ''
  const parts = (ipaddr.parse(normal.replace(/%.*$/, '')) as ipaddr.IPv6).parts.slice(0, 3)
  return `${parts.map(part => part.toString(16)).join(':')}::/48`
}
