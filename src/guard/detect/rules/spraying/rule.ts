import { NameLedger, ProvedNames } from '../../name-ledger.ts'
import { countedAs, shortName, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'

const THRESHOLDS = { names: 10, windowSeconds: 600 }

export const rule: SourceRule = {
  id: 'GUARD_SPRAYING',
  title: 'One source, many accounts',
  description:
    'Counts for how many different user names one source had wrong credentials within minutes: a few usual passwords, tried with everybody. A source where phones prove themselves is excused in proportion, because of many phones a few have an old password.',
  thresholds: THRESHOLDS,
  sees: ['failed', 'succeeded'],
  create(thresholds, remembered) {
    const { names, windowSeconds } = { ...THRESHOLDS, ...thresholds }
    const tried = new NameLedger(remembered, windowSeconds * 1000, names)
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
          reason: `wrong credentials for ${names} accounts within ${windowSeconds / 60} minutes`,
          evidence: { 'last for': shortName(observation.username) },
        }
      },
    }
  },
}
