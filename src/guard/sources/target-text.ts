/** What a person types as a target. */
import { isIP, normaliseAddress, parseNetwork } from '../../base/network.ts'
import type { Target } from './types.ts'

/** Wider ones shut out half the world by a slip of the finger. */
const WIDEST_IPV4 = 8
const WIDEST_IPV6 = 19

/**
 * `198.51.100.7`, `2001:db8::1` (its /64 is meant), `198.51.100.0/24`, `AS64500`, `country:XX`. Undefined: it is none of them, and may be
 * a name. A problem is said in one sentence.
 */
export function readTarget(text: string): Target | { readonly problem: string } | undefined {
  const trimmed = text.trim()
  if (isIP(trimmed) !== 0) return { kind: 'address', value: normaliseAddress(trimmed) }
  if (/^[\d.:a-f]+\/\d{1,3}$/i.test(trimmed)) return readNetwork(trimmed)
  const system = /^AS(\d{1,10})$/i.exec(trimmed)
  if (system !== null) return { kind: 'as', value: `AS${Number(system[1])}` }
  const country = /^country:([a-z]{2})$/i.exec(trimmed)
  return country === null ? undefined : { kind: 'country', value: country[1]!.toUpperCase() }
}

function readNetwork(text: string): Target | { readonly problem: string } {
  if (parseNetwork(text) === undefined) return { problem: `${text} is no network such as 198.51.100.0/24` }
  const [address = '', suffix] = text.split('/')
  const length = Number(suffix)
  const isIPv6 = isIP(address) === 6
  if (length === (isIPv6 ? 128 : 32)) return { kind: 'address', value: normaliseAddress(address) }
  const widest = isIPv6 ? WIDEST_IPV6 : WIDEST_IPV4
  if (length < widest) return { problem: `${text} is too wide: a network has at least a /${widest}` }
  return { kind: 'network', value: text }
}
