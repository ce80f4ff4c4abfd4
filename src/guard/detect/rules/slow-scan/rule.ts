import { NameLedger, ProvedNames } from '../../name-ledger.ts'
import { countedAs, shortName, targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'

const THRESHOLDS = { names: 30, minutes: 30, windowHours: 24 }

/** Refusals that say nothing about the name that was asked for. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set(['dropBanned', 'capRate', 'backOffAccount'])

export const rule: SourceRule = {
  id: 'GUARD_SLOW_SCAN',
  title: 'Looking for names below the rate limits',
  description:
    'Counts how many different names one source asked for within a day without proving any: a scan of a few requests an hour, which no limit on a rate sees. It waits half an hour before it judges: after a power cut all phones of an office ask at once, and prove themselves soon.',
  thresholds: THRESHOLDS,
  sees: ['challenged', 'refused', 'succeeded'],
  create(thresholds, remembered) {
    const { names, minutes, windowHours } = { ...THRESHOLDS, ...thresholds }
    const asked = new NameLedger(remembered, windowHours * 3_600_000, names)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        if (kind === 'succeeded') {
          proved.note(source.key, observation.username, at)
          asked.remove(countedAs(source), observation.username)
          return undefined
        }
        if (source.spared || (kind !== 'challenged' && kind !== 'refused')) return undefined
        if (kind === 'refused' && ABOUT_OTHERS.has(observation.rule)) return undefined
        const name = kind === 'challenged' ? observation.username : observation.target
        if (name === '') return undefined
        const { count, since } = asked.add(countedAs(source), name, at)
        if (count < names || at - since < minutes * 60_000 || proved.excuses(source.key, at, count)) return undefined
        return {
          target: targetOf(source),
          action: 'ban',
          rule: rule.id,
          reason: `it asked for ${names} names within ${windowHours} hours, and proved none`,
          evidence: { 'last name': shortName(name), hours: String(Math.ceil((at - since) / 3_600_000)) },
        }
      },
    }
  },
}
