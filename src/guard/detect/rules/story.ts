/** Streams of observations for the fixtures of rules: what is seen of sources, in order of time. */
import { sourceKey } from '../../../base/network.ts'
import type { SourceFinding } from '../../sources/types.ts'
import type { SeenSource, SourceObservation, SourceRule } from '../types.ts'

/** A Monday, 09:00 UTC. */
export const MONDAY = Date.UTC(2026, 0, 5, 9)
export const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** A connection, unless it is said otherwise. */
export function sourceAt(address: string, more: Partial<Omit<SeenSource, 'address' | 'key'>> = {}): SeenSource {
  const proven = more.proven ?? true
  const flowId = proven ? `flow-${address}` : undefined
  return { port: 5061, flowId, spared: false, ...more, address, proven, key: sourceKey(address) }
}

/** The `index`th of up to 65,536 addresses without neighbours: each is in a /24 of its own. */
export function botAt(index: number, more: Partial<Omit<SeenSource, 'address' | 'key'>> = {}): SeenSource {
  return sourceAt(`${45 + (index >> 14)}.${(index >> 7) & 127}.${(index & 127) + 1}.9`, more)
}

export const ATTACKER = sourceAt('203.0.113.9')
export const DATAGRAMS = sourceAt('203.0.113.9', { proven: false, port: 5060 })
/** An office behind one address, none of whose phones is registered now. */
export const OFFICE = sourceAt('192.0.2.7')
/** … where a phone is registered. */
export const SPARED = sourceAt('192.0.2.8', { spared: true })

export function repeat(
  count: number,
  stepMs: number,
  of: (index: number, at: number) => SourceObservation | readonly SourceObservation[],
): readonly SourceObservation[] {
  return Array.from({ length: count }, (_, index) => of(index, MONDAY + index * stepMs)).flat()
}

export function failed(
  at: number,
  source: SeenSource,
  username: string,
  more: { exists?: boolean; tenant?: string } = {},
) {
  const { exists = true, tenant } = more
  return { kind: 'failed', at, source, username, exists, tenant } as const
}

export function succeeded(at: number, source: SeenSource, username: string) {
  return { kind: 'succeeded', at, source, username } as const
}

export function challenged(at: number, source: SeenSource, username: string, userAgent = 'Desk phone') {
  return { kind: 'challenged', at, source, username, userAgent } as const
}

export function refused(at: number, source: SeenSource, rule: string, target = '', method = 'REGISTER') {
  return { kind: 'refused', at, source, rule, method, target } as const
}

export function handshakeFailed(at: number, source: SeenSource, why: string) {
  return { kind: 'handshake-failed', at, source, why } as const
}

/** A phone that comes back: it connects, is asked, and proves itself. */
export function phoneReturns(at: number, source: SeenSource, username: string): readonly SourceObservation[] {
  return [
    { kind: 'connected', at, source },
    challenged(at + 40, source, username),
    succeeded(at + 90, source, username),
  ]
}

export interface SourceFixture {
  readonly name: string
  /** In any order. */
  readonly observations: readonly SourceObservation[]
  /** For an attack: the rule speaks up with this observation of those that it sees, or an earlier one. */
  readonly foundWithin?: number
  /** What its first finding is about, as `address 203.0.113.9`. */
  readonly target?: string
}

/** For `GUARD_SYSTEM_GUESSING`: everything in 45.0.0.0/8 is of one system. */
export const SURROUNDINGS = { asOf: (address: string) => (address.startsWith('45.') ? 64_500 : undefined) }

/** What one rule says to a story. `after`: how much it saw until then. */
export function tell(
  rule: SourceRule,
  observations: readonly SourceObservation[],
  remembered = 1_000,
): { readonly after: number; readonly findings: readonly SourceFinding[] } {
  const running = rule.create(rule.thresholds, remembered, SURROUNDINGS)
  const findings: SourceFinding[] = []
  let after = 0
  for (const observation of observations.toSorted((a, b) => a.at - b.at)) {
    if (!rule.sees.includes(observation.kind)) continue
    if (findings.length === 0) after++
    const finding = running.judge(observation)
    if (finding !== undefined) findings.push(finding)
  }
  return { after, findings }
}
