import { targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { RecentCounts } from '../../window.ts'

const THRESHOLDS = { failures: 20, windowSeconds: 60 }

export const rule: SourceRule = {
  id: 'GUARD_SOURCE_GUESSING',
  title: 'Guessing from one source',
  description:
    'Counts wrong credentials of one source over all accounts. A phone with an old password tries a few times a minute; a dictionary does so every few milliseconds. A connection is banned by its address, a datagram, which can be forged, by its one socket.',
  thresholds: THRESHOLDS,
  sees: ['failed'],
  create(thresholds, remembered) {
    const { failures, windowSeconds } = { ...THRESHOLDS, ...thresholds }
    const counts = new RecentCounts(remembered, windowSeconds * 1000, failures)
    return {
      judge(observation) {
        if (observation.kind !== 'failed' || observation.source.spared) return undefined
        const target = targetOf(observation.source)
        const key = target.value
        if (counts.add(key, observation.at) < failures) return undefined
        counts.forget(key)
        return {
          target,
          action: 'ban',
          rule: rule.id,
          reason: `${failures} wrong credentials within ${windowSeconds} seconds`,
          evidence: { 'last for': observation.username.slice(0, 64) },
        }
      },
    }
  },
}
