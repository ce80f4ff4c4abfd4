/** What decisions are about, as keys. */
import ipaddr from 'ipaddr.js'
import { normaliseAddress, parseNetwork, sourceKey } from '../../base/network.ts'
import type { SourceAction, SourceDecision, Target } from './types.ts'

/** A stranger chooses user names: only so much of one is kept. */
const MAXIMUM_ACCOUNT = 64

export function keyOf({ kind, value }: Target): string {
  return `${kind} ${normalValue(kind, value)}`
}

export function keyOfTarget(target: Target, action: SourceAction): string {
  return `${action} ${keyOf(target)}`
}

function normalValue(kind: Target['kind'], value: string): string {
  switch (kind) {
    case 'address':
      return sourceKey(addressOf(value))
    case 'network': {
      const network = networkOf(value)
      return network === undefined ? value : `${network.address}/${network.length}`
    }
    case 'as':
    case 'country':
      return value.toUpperCase()
    case 'account':
      return accountOf(value)
    case 'socket': {
      const { address, port } = socketOf(value)
      return `${address} ${port}`
    }
    case 'flow':
      return value
  }
}

export function accountOf(username: string): string {
  return username.length <= MAXIMUM_ACCOUNT ? username : username.slice(0, MAXIMUM_ACCOUNT)
}

export function socketOf(value: string): { readonly address: string; readonly port: number } {
  const space = value.lastIndexOf(' ')
  return { address: normaliseAddress(value.slice(0, space)), port: Number(value.slice(space + 1)) }
}

/** What an address decision is about: an IPv6 source is its /64, written with it or without. */
export function addressOf(value: string): string {
  return normaliseAddress(value.endsWith('/64') ? value.slice(0, -3) : value)
}

export interface Cidr {
  readonly address: string
  readonly length: number
}

/** The first address and the length; undefined for what is no network. */
export function networkOf(value: string): Cidr | undefined {
  if (parseNetwork(value) === undefined) return undefined
  const [address = '', suffix] = value.split('/')
  const bytes = ipaddr.process(address).toByteArray()
  const length = suffix === undefined ? bytes.length * 8 : Number(suffix)
  const masked = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - i * 8))) & 0xff)
  return { address: ipaddr.fromByteArray(masked).toString(), length }
}

export function isInForce({ state, expiresAt }: SourceDecision, now: number): boolean {
  return state === 'in-force' && (expiresAt === undefined || expiresAt > now)
}

export function describeTarget({ kind, value }: Target): string {
  return `${kind} ${value}`
}
