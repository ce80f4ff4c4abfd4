import { shortName } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { RecentCounts } from '../../window.ts'

const THRESHOLDS = { failures: 5, windowSeconds: 600 }

export const rule: SourceRule = {
  id: 'GUARD_ACCOUNT_GUESSING',
  title: 'Guessing the password of one account',
  description:
    'Counts wrong credentials for one user name over all sources together, so that a thousand sources with four guesses each are stopped like one with four thousand. The account then takes no credentials from strangers for a while; its phone that is registered stays, and so does who proved the password from there before.',
  thresholds: THRESHOLDS,
  sees: ['failed'],
  create(thresholds, remembered) {
    const { failures, windowSeconds } = { ...THRESHOLDS, ...thresholds }
    // Strangers make up as many names as they like: those push out each other, and never what is counted of a name that exists.
    const existing = new RecentCounts(remembered, windowSeconds * 1000, failures)
    const missing = new RecentCounts(remembered, windowSeconds * 1000, failures)
    return {
      judge(observation) {
        if (observation.kind !== 'failed') return undefined
        const username = shortName(observation.username)
        const counts = observation.exists ? existing : missing
        if (counts.add(username, observation.at) < failures) return undefined
        return {
          target: { kind: 'account', value: username },
          action: 'back-off',
          rule: rule.id,
          reason: `${failures} wrong credentials for it within ${windowSeconds / 60} minutes`,
          evidence: { 'last from': observation.source.address },
        }
      },
    }
  },
}
