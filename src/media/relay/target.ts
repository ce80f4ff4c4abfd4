/** To which of the addresses that a phone may name in its SDP the relay sends before it has heard from the phone. */
import { inAnyNetwork, type Network, parseNetwork } from '../../base/network.ts'
import type { SocketAddress } from './protocol.ts'

const privateNetworks = networks(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
)
const loopback = networks('127.0.0.0/8', '::1')
/** Unspecified, multicast and broadcast: nobody's phone, and an amplifier if we sent there. */
const never = networks('0.0.0.0/8', '224.0.0.0/3', '::', 'ff00::/8')

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
  if (port < 1024 || port > 65_535 || parseNetwork(address) === undefined) return undefined
  if (address.includes(':') !== around.localAddress.includes(':') || inAnyNetwork(address, never)) return undefined
  const { signallingAddress } = around
  if (address === signallingAddress) return { address, port }
  if (inAnyNetwork(address, loopback))
    return inAnyNetwork(around.localAddress, loopback) ? { address, port } : undefined
  if (inAnyNetwork(address, privateNetworks)) {
    const near = signallingAddress ?? around.localAddress
    return inAnyNetwork(near, privateNetworks) || inAnyNetwork(near, loopback) ? { address, port } : undefined
  }
  return { address, port }
}
