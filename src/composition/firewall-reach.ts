/** Whom an order of a person would hit: asked before it is obeyed, because a ban by a person spares nobody. */
import { normaliseAddress, parseNetwork, sourceKey } from '../base/network.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import { describeTarget, networkOf } from '../guard/sources/target.ts'
import type { Target } from '../guard/sources/types.ts'

export interface Reachable {
  readonly guard: SourceGuard
  countryOf(address: string): string | undefined
  systemOf(address: string): number | undefined
  /** Addresses (IPv6: /64s) from which phones are registered now. */
  registeredAddresses(): readonly string[]
  /** Addresses and networks that trunks speak from. */
  trunkAddresses(): readonly string[]
  /** By which this machine is reached. */
  ownAddresses(): readonly string[]
}

/** Named at most: the rest is counted. */
const NAMED = 5

/** Undefined: nobody of ours. */
export function whomItHits(live: Reachable, target: Target): string | undefined {
  const isHit = reachOf(live, target)
  const isReached = (address: string): boolean => isHit(address) && !isAllowed(live, address)
  const phones = live.registeredAddresses().filter(isReached)
  const trunks = live.trunkAddresses().filter(isReached)
  const parts = [
    ...(phones.length === 0 ? [] : [`phones are registered from ${named(phones)}`]),
    ...(trunks.length === 0 ? [] : [`a trunk speaks from ${named(trunks)}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', and ')
}

/** The address of ours that is in it. A country or system that we are in ourselves is no ban of us. */
export function ownAddressIn(live: Reachable, target: Target): string | undefined {
  const network = networkTextOf(target)
  if (network === undefined) return undefined
  return ['127.0.0.1', '::1', ...live.ownAddresses()].find(address => overlap(network, address))
}

/** The allowance that makes a ban of this target empty: it contains all of it, and wins. */
export function allowanceOver({ guard }: Reachable, target: Target): string | undefined {
  const asked = networkTextOf(target)
  const allowances = guard.sources.list(guard.now()).filter(({ action }) => action === 'allow')
  const over = allowances.find(({ target: allowed }) => {
    if (asked === undefined) return describeTarget(allowed) === describeTarget(target)
    const network = networkTextOf(allowed)
    return network !== undefined && contains(network, asked)
  })
  return over?.target.value
}

function reachOf({ countryOf, systemOf }: Reachable, target: Target): (address: string) => boolean {
  const network = networkTextOf(target)
  if (network !== undefined) return address => overlap(network, address)
  const { kind, value } = target
  if (kind === 'country') return address => countryOf(firstOf(address)) === value
  if (kind === 'as') return address => `AS${systemOf(firstOf(address))}` === value
  return () => false
}

function isAllowed({ guard }: Reachable, address: string): boolean {
  return guard.sources.isAllowed(firstOf(address))
}

/** What is banned by it, in CIDR or as one address: of IPv6 the /64. */
function networkTextOf({ kind, value }: Target): string | undefined {
  if (kind === 'network') return value
  return kind === 'address' ? sourceKey(normaliseAddress(value.replace(/\/64$/, ''))) : undefined
}

function overlap(one: string, other: string): boolean {
  return contains(one, firstOf(other)) || contains(other, firstOf(one))
}

function contains(outer: string, inner: string): boolean {
  const [wide, narrow] = [networkOf(outer), networkOf(inner)]
  if (wide === undefined || narrow === undefined || wide.length > narrow.length) return false
  return parseNetwork(outer)?.includes(narrow.address) === true
}

function firstOf(text: string): string {
  return networkOf(text)?.address ?? text
}

function named(addresses: readonly string[]): string {
  const rest = addresses.length - NAMED
  return `${addresses.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
