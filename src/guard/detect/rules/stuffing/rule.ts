import { NameLedger, ProvedNames } from '../../name-ledger.ts'
import { countedAs, shortName, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'

const THRESHOLDS = { names: 15, windowDays: 7 }

export const rule: SourceRule = {
  id: 'GUARD_STUFFING',
  title: 'Stolen credentials tried for days',
  description:
    'Counts for how many different user names one source had wrong credentials within a week: a list of leaked user names and passwords, tried one by one, hours apart. Behind one address that never proves anything there are not so many phones with a wrong password.',
  thresholds: THRESHOLDS,
  sees: ['failed', 'succeeded'],
  create(thresholds, remembered) {
    const { names, windowDays } = { ...THRESHOLDS, ...thresholds }
    const tried = new NameLedger(remembered, windowDays * 86_400_000, names)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        if (kind === 'succeeded') {
          proved.note(source.key, observation.username, at)
          tried.remove(countedAs(source), observation.username)
          return undefined
        }
        if (kind !== 'failed' || source.spared) return undefined
        const { count } = tried.add(countedAs(source), observation.username, at)
        if (count < names || proved.excuses(source.key, at, count)) return undefined
        return {
          target: targetOf(source),
          action: 'ban',
          rule: rule.id,
          reason: `wrong credentials for ${names} accounts within ${windowDays} days`,
          evidence: { 'last for': shortName(observation.username) },
        }
      },
    }
  },
}
