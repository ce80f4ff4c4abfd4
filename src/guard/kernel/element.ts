/** A decision as an element of a set: only what parses as an address or a network gets there, in our own spelling. */
import ipaddr from 'ipaddr.js'
import { isIP } from '../../base/network.ts'
import type { SourceDecision } from '../sources/types.ts'

/** `ban`: single addresses, by hash; `net`: networks that a person banned; `allow`: asked first. */
export type SetName = 'ban4' | 'ban6' | 'net4' | 'net6' | 'allow4' | 'allow6'

export interface KernelElement {
  readonly set: SetName
  /** The first address. */
  readonly text: string
  readonly bits: bigint
  readonly length: number
  readonly isIPv6: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined
  /** Asked whether it is spared. Undefined: a person was told whom it hits, and meant it. */
  readonly sparedBy: string | undefined
}

/** The bits of an IPv6 address that say which network a source is in. */
const PREFIX = 64

/**
 * Undefined: this one stays in the process. A socket can be forged, a flow is no address; a network that rules or lists banned may hold
 * registered phones, which only the process can tell apart.
 */
export function elementOf(decision: SourceDecision): KernelElement | undefined {
  const { target, action, mode, origin, expiresAt, state } = decision
  if (mode !== 'on' || state !== 'in-force' || action === 'back-off') return undefined
  if (target.kind !== 'address' && target.kind !== 'network') return undefined
  if (action === 'ban' && target.kind === 'network' && origin !== 'operator') return undefined
  const parsed = parse(target.value)
  if (parsed === undefined) return undefined
  const { isIPv6, address } = parsed
  const family = isIPv6 ? 6 : 4
  const length = target.kind === 'network' ? parsed.length : isIPv6 ? PREFIX : 32
  const full = isIPv6 ? 128 : 32
  const shift = BigInt(full - length)
  const bits = (parsed.bits >> shift) << shift
  return {
    set: `${action === 'allow' ? 'allow' : target.kind === 'network' ? 'net' : 'ban'}${family}`,
    text: textOf(bits, isIPv6),
    bits,
    length,
    isIPv6,
    expiresAt,
    sparedBy: action === 'allow' || origin === 'operator' ? undefined : address,
  }
}

export function keyOfElement({ set, text, length }: KernelElement): string {
  return `${set} ${text}/${length}`
}

interface Parsed {
  readonly address: string
  readonly bits: bigint
  readonly length: number
  readonly isIPv6: boolean
}

function parse(value: string): Parsed | undefined {
  const slash = value.indexOf('/')
  const host = slash < 0 ? value : value.slice(0, slash)
  if (isIP(host) === 0 || host.includes('%')) return undefined
  const address = ipaddr.process(host)
  const bytes = address.toByteArray()
  const isIPv6 = bytes.length === 16
  const suffix = slash < 0 ? String(bytes.length * 8) : value.slice(slash + 1)
  if (!/^\d{1,3}$/.test(suffix) || Number(suffix) > bytes.length * 8) return undefined
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  return { address: address.toString(), bits, length: Number(suffix), isIPv6 }
}

function textOf(bits: bigint, isIPv6: boolean): string {
  const bytes = Array.from({ length: isIPv6 ? 16 : 4 }, (_, i, size = isIPv6 ? 16 : 4) =>
    Number((bits >> BigInt((size - 1 - i) * 8)) & 0xffn),
  )
  return ipaddr.fromByteArray(bytes).toString()
}

/** Those that no other contains: a set of intervals takes none that overlap. */
export function widest(elements: Iterable<KernelElement>): readonly KernelElement[] {
  const kept = new Map<string, KernelElement>()
  for (const element of [...elements].toSorted((a, b) => a.length - b.length)) {
    if (!isCovered(element, kept)) kept.set(`${element.length} ${element.bits}`, element)
  }
  return [...kept.values()]
}

function isCovered({ bits, length, isIPv6 }: KernelElement, kept: ReadonlyMap<string, KernelElement>): boolean {
  const full = isIPv6 ? 128 : 32
  for (let each = 0; each <= length; each++) {
    const shift = BigInt(full - each)
    if (kept.has(`${each} ${(bits >> shift) << shift}`)) return true
  }
  return false
}
