import { countedAs, shortName, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { RecentCounts } from '../../window.ts'

const THRESHOLDS = { replays: 10, windowSeconds: 600 }

export const rule: SourceRule = {
  id: 'GUARD_REPLAY',
  title: 'Replayed credentials',
  description:
    'Counts credentials that were right once and come again with the same nonce and count: somebody recorded them. A phone that does not count, or that a lost answer made repeat itself, takes the new nonce that it is given and proves itself; then nothing is counted.',
  thresholds: THRESHOLDS,
  sees: ['replayed', 'succeeded'],
  create(thresholds, remembered) {
    const { replays, windowSeconds } = { ...THRESHOLDS, ...thresholds }
    const counts = new RecentCounts(remembered, windowSeconds * 1000, replays)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        if (kind === 'succeeded') {
          counts.forget(countedAs(source))
          return undefined
        }
        if (kind !== 'replayed' || source.spared) return undefined
        if (counts.add(countedAs(source), at) < replays) return undefined
        return {
          target: targetOf(source),
          action: 'ban',
          rule: rule.id,
          reason: `${replays} replayed credentials within ${windowSeconds / 60} minutes`,
          evidence: { 'last for': shortName(observation.username) },
        }
      },
    }
  },
}
