/** Wrong credentials from many addresses of one place: a network, or an autonomous system. */
import type { Target } from '../sources/types.ts'
import { NameLedger, ProvedNames } from './name-ledger.ts'
import type { RunningRule } from './types.ts'

export interface ManySourcesOptions {
  readonly rule: string
  readonly kind: Extract<Target['kind'], 'network' | 'as'>
  /** As the target names it; undefined: it belongs to none. */
  placeOf(address: string): string | undefined
  /** So many different addresses within `windowHours`. */
  readonly sources: number
  readonly windowHours: number
}

export function createManySources(options: ManySourcesOptions, remembered: number): RunningRule {
  const { rule, kind: placeKind, placeOf, sources, windowHours } = options
  const failing = new NameLedger(remembered, windowHours * 3_600_000, sources)
  const proved = new ProvedNames(remembered)
  return {
    judge(observation) {
      const { kind, at, source } = observation
      // A datagram could bring anybody's neighbours into it.
      if ((kind !== 'failed' && kind !== 'succeeded') || (kind === 'failed' && !source.proven)) return undefined
      const place = placeOf(source.address)
      if (place === undefined) return undefined
      if (kind === 'succeeded' || source.spared) {
        proved.note(place, source.key, at)
        return undefined
      }
      const { count } = failing.add(place, source.key, at)
      if (count < sources || proved.count(place, at) > 0) return undefined
      return {
        target: { kind: placeKind, value: place },
        action: 'ban',
        rule,
        reason: `wrong credentials from ${sources} of its addresses within ${windowHours} hours`,
        evidence: { sources: String(count), 'last from': source.address },
      }
    },
  }
}
