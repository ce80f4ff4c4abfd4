/** To which of the addresses that a phone may name in its SDP the relay sends before it has heard from the phone. */
import { inAnyNetwork, type Network, parseNetwork } from '../../base/network.ts'
import { ipv4Octets } from './socket-address.ts'
import type { SocketAddress } from './protocol.ts'

const privateIpv6 = networks('fc00::/7', 'fe80::/10')
/** Unspecified and multicast. */
const neverIpv6 = networks('::', 'ff00::/8')

type Kind = 'never' | 'loopback' | 'private' | 'public'

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.map(text => parseNetwork(text)!)
}

export interface Surroundings {
  /** What our socket is bound to. */
  readonly localAddress: string
  /** Where the phone's signalling came from, if known. */
  readonly signallingAddress: string | undefined
}

/**
 * Undefined where we had better wait until the phone's first authenticated packet: addresses that cannot be a phone's, a
 * loopback or private address from outside (RFC 3264 would have us send there, into somebody else's network).
 */
export function initialTarget(address: string, port: number, around: Surroundings): SocketAddress | undefined {
  if (port < 1024 || port > 65_535 || address.includes(':') !== around.localAddress.includes(':')) return undefined
  const kind = kindOf(address)
  if (kind === 'never') return undefined
  const { signallingAddress, localAddress } = around
  if (kind === 'public' || address === signallingAddress) return { address, port }
  if (kind === 'loopback') return kindOf(localAddress) === 'loopback' ? { address, port } : undefined
  const near = kindOf(signallingAddress ?? localAddress)
  return near === 'private' || near === 'loopback' ? { address, port } : undefined
}

/** All loopback addresses are one machine: programs there send from another than they name. */
export function isSameHost(a: string, b: string | undefined): boolean {
  return a === b || (b !== undefined && kindOf(a) === 'loopback' && kindOf(b) === 'loopback')
}

function kindOf(address: string): Kind {
  const octets = ipv4Octets(address)
  return octets === undefined ? kindOfIpv6(address) : kindOfIpv4(octets[0], octets[1])
}

/** Private: RFC 1918, shared address space (RFC 6598), link-local. Never: unspecified, multicast, reserved, broadcast. */
function kindOfIpv4(first: number, second: number): Kind {
  if (first === 0 || first >= 224) return 'never'
  if (first === 127) return 'loopback'
  if (first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168))
    return 'private'
  return (first === 100 && second >= 64 && second < 128) || (first === 169 && second === 254) ? 'private' : 'public'
}

function kindOfIpv6(address: string): Kind {
  // An IPv4 address in disguise (::ffff:…) is for no socket of ours.
  if (parseNetwork(address) === undefined || /^::ffff:/i.test(address)) return 'never'
  if (inAnyNetwork(address, neverIpv6)) return 'never'
  if (address === '::1') return 'loopback'
  return inAnyNetwork(address, privateIpv6) ? 'private' : 'public'
}
