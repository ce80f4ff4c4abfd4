/** Which addresses we bind to, and by which a phone reaches us. */
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Configuration } from '../config/schema.ts'

const WILDCARDS = new Set(['0.0.0.0', '::'])

/** The configured addresses; `::` is left out of the default where the machine has no IPv6. */
export function listenAddresses(configuration: Configuration): readonly string[] {
  const asked = configuration.overridden.includes('listen') || configuration.listen.length === 1
  if (asked || hasIPv6()) return configuration.listen
  return configuration.listen.filter(address => address !== '::')
}

/** The address to give to phones: the external one, the one that we listen on, or the machine's first one. */
export function reachableAddress(configuration: Configuration): string {
  if (configuration.externalAddress !== undefined) return configuration.externalAddress
  const specific = configuration.listen.find(address => !WILDCARDS.has(address))
  return specific ?? firstAddress()
}

/** `address`, or for a wildcard one of this machine that can be connected to. */
export function connectableAddress(address: string): string {
  return WILDCARDS.has(address) ? firstAddress() : address
}

/** Every address by which this machine is reached, as far as it knows. */
export function ownAddresses({ externalAddress }: Configuration): readonly string[] {
  const local = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return [...(externalAddress === undefined ? [] : [externalAddress]), ...local.map(({ address }) => address)]
}

/** For a URI: IPv6 in brackets. */
export function uriHost(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some(list => list?.some(each => each.family === 'IPv6') === true)
}

function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const outside = all.filter(each => !each.internal && !each.address.startsWith('fe80'))
  return (outside.find(each => each.family === 'IPv4') ?? outside[0])?.address ?? '127.0.0.1'
}
