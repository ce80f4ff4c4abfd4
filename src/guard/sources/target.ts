/** What decisions are about, as keys. */
import { normaliseAddress, sourceKey } from '../../base/network.ts'
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
      return sourceKey(value.endsWith('/64') ? value.slice(0, -3) : value)
    case 'network': {
      const slash = value.indexOf('/')
      const address = normaliseAddress(slash < 0 ? value : value.slice(0, slash))
      return slash < 0 ? address : `${address}${value.slice(slash)}`
    }
    case 'as':
    case 'country':
      return value.toUpperCase()
    case 'account':
      return value.length <= MAXIMUM_ACCOUNT ? value : value.slice(0, MAXIMUM_ACCOUNT)
    case 'flow':
    case 'socket':
      return value
  }
}

export function isInForce({ state, expiresAt }: SourceDecision, now: number): boolean {
  return state === 'in-force' && (expiresAt === undefined || expiresAt > now)
}

export function describeTarget({ kind, value }: Target): string {
  return `${kind} ${value}`
}
