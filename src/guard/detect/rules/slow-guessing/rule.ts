import { shortName } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { Tallies } from '../../window.ts'

const THRESHOLDS = { failures: 50, windowDays: 3 }

export const rule: SourceRule = {
  id: 'GUARD_SLOW_GUESSING',
  title: 'Guessing one account for days',
  description:
    'Counts wrong credentials for one user name over days: guesses that are so far apart that they stay under what is asked for ten minutes. The account backs off for strangers; nobody is banned, because a phone that was forgotten with an old password looks the same.',
  thresholds: THRESHOLDS,
  sees: ['failed'],
  create(thresholds, remembered) {
    const { failures, windowDays } = { ...THRESHOLDS, ...thresholds }
    const existing = new Tallies(remembered, windowDays * 86_400_000)
    const missing = new Tallies(remembered, windowDays * 86_400_000)
    return {
      judge(observation) {
        if (observation.kind !== 'failed' || observation.source.spared) return undefined
        const username = shortName(observation.username)
        const { count, since } = (observation.exists ? existing : missing).add(username, observation.at)
        if (count < failures) return undefined
        return {
          target: { kind: 'account', value: username },
          action: 'back-off',
          rule: rule.id,
          reason: `${failures} wrong credentials for it within ${windowDays} days`,
          evidence: {
            failures: String(count),
            hours: String(Math.ceil((observation.at - since) / 3_600_000)),
            'last from': observation.source.address,
          },
        }
      },
    }
  },
}
