import { ProvedNames } from '../../name-ledger.ts'
import { countedAs, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { RecentCounts } from '../../window.ts'

const THRESHOLDS = { refusals: 5, windowHours: 24 }

/** Checks that no phone fails, however wrong it is set up. */
const EARNED: ReadonlySet<string> = new Set([
  'dropScanner',
  'dropInjection',
  'dropSmuggling',
  'dropRouteAbuse',
  'dropEnumeration',
])

export const rule: SourceRule = {
  id: 'GUARD_REFUSALS',
  title: 'Messages that only attackers send, again and again',
  description:
    'Counts what the firewall refused of one source for a reason that no phone gives: signatures of attack tools, injections, smuggled headers, forged routes, enumeration. What a phone may do that was set up wrong, or that says something before it has registered anew, is not counted, and neither is sending too much.',
  thresholds: THRESHOLDS,
  sees: ['refused', 'succeeded'],
  create(thresholds, remembered) {
    const { refusals, windowHours } = { ...THRESHOLDS, ...thresholds }
    const counts = new RecentCounts(remembered, windowHours * 3_600_000, refusals)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        if (kind === 'succeeded') {
          proved.note(source.key, observation.username, at)
          return undefined
        }
        if (kind !== 'refused' || source.spared || !EARNED.has(observation.rule)) return undefined
        const count = counts.add(countedAs(source), at)
        if (count < refusals || proved.count(source.key, at) > 0) return undefined
        return {
          target: targetOf(source),
          action: 'ban',
          rule: rule.id,
          reason: `${refusals} messages within ${windowHours} hours that no phone sends`,
          evidence: { 'last check': observation.rule, method: observation.method.slice(0, 32) },
        }
      },
    }
  },
}
