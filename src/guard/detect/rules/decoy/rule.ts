import { targetOf } from '../../target.ts'
import type { SourceRule } from '../../types.ts'

export const rule: SourceRule = {
  id: 'GUARD_DECOY',
  title: 'Asking for a decoy',
  description:
    'Asks for a user name or an extension that nobody has and that only dictionaries have, such as admin or 1000 where there is none, or for a number that this installation made up, different ones than others. One question is enough: no phone was ever set up with it.',
  thresholds: {},
  sees: ['decoy'],
  create: () => ({
    judge(observation) {
      if (observation.kind !== 'decoy' || observation.source.spared) return undefined
      return {
        target: targetOf(observation.source),
        action: 'ban',
        rule: rule.id,
        reason: 'it asked for a name that only an attacker tries',
        evidence: { name: observation.name.slice(0, 64) },
      }
    },
  }),
}
