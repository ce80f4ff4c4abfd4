import { ProvedNames } from '../../name-ledger.ts'
import { countedAs, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { RecentCounts, Tallies } from '../../window.ts'

const THRESHOLDS = { failures: 500, windowSeconds: 600, failuresOfSource: 3 }

export const rule: SourceRule = {
  id: 'GUARD_TENANT_FLOOD',
  title: 'A flood of wrong credentials for one organisation',
  description:
    'Counts wrong credentials for one organisation over all sources. While there is a flood, each source needs only a few of its own to be banned; one that proved a password within a day is left alone.',
  thresholds: THRESHOLDS,
  sees: ['failed', 'succeeded'],
  create(thresholds, remembered) {
    const { failures, windowSeconds, failuresOfSource } = { ...THRESHOLDS, ...thresholds }
    const tenants = new Tallies(remembered, windowSeconds * 1000)
    const sources = new RecentCounts(remembered, windowSeconds * 1000, failuresOfSource)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        if (kind === 'succeeded') {
          proved.note(source.key, observation.username, at)
          return undefined
        }
        if (kind !== 'failed' || source.spared || observation.tenant === undefined) return undefined
        const { count } = tenants.add(observation.tenant, at)
        const own = sources.add(`${observation.tenant} ${countedAs(source)}`, at)
        if (count < failures || own < failuresOfSource || proved.count(source.key, at) > 0) return undefined
        return {
          target: targetOf(source),
          action: 'ban',
          rule: rule.id,
          reason: `${failuresOfSource} wrong credentials of ${failures} for one organisation within ${windowSeconds / 60} minutes`,
          evidence: { organisation: observation.tenant, failures: String(count) },
        }
      },
    }
  },
}
