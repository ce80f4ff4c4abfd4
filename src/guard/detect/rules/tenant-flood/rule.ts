import { NameLedger, ProvedNames } from '../../name-ledger.ts'
import { countedAs, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'
import { Tallies } from '../../window.ts'

const THRESHOLDS = { failures: 500, windowSeconds: 600, names: 3 }

export const rule: SourceRule = {
  id: 'GUARD_TENANT_FLOOD',
  title: 'A flood of wrong credentials for one organisation',
  description:
    'Counts wrong credentials for one organisation over all sources. While there is a flood, a source that tries three accounts is banned; a phone has one, and a source that proved a password within a day is left alone.',
  thresholds: THRESHOLDS,
  sees: ['failed', 'succeeded'],
  create(thresholds, remembered) {
    const { failures, windowSeconds, names } = { ...THRESHOLDS, ...thresholds }
    const tenants = new Tallies(remembered, windowSeconds * 1000)
    const tried = new NameLedger(remembered, windowSeconds * 1000, names)
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
        const own = tried.add(countedAs(source), observation.username, at).count
        if (count < failures || own < names || proved.count(source.key, at) > 0) return undefined
        return {
          target: targetOf(source),
          action: 'ban',
          rule: rule.id,
          reason: `it tried ${names} accounts while ${failures} wrong credentials for one organisation came within ${windowSeconds / 60} minutes`,
          evidence: { organisation: observation.tenant, failures: String(count) },
        }
      },
    }
  },
}
