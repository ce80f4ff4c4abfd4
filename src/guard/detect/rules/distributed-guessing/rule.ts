import { NameLedger } from '../../name-ledger.ts'
import { countedAs, shortName } from '../../target.ts'
import type { SourceRule } from '../../types.ts'

const THRESHOLDS = { sources: 20, windowHours: 24 }

export const rule: SourceRule = {
  id: 'GUARD_DISTRIBUTED_GUESSING',
  title: 'Guessing one account from many sources',
  description:
    'Counts from how many different sources one user name had wrong credentials within a day. A phone moves between a few networks; a botnet sends each of its machines once or twice, hours apart. The account backs off for strangers.',
  thresholds: THRESHOLDS,
  sees: ['failed'],
  create(thresholds, remembered) {
    const { sources, windowHours } = { ...THRESHOLDS, ...thresholds }
    const existing = new NameLedger(remembered, windowHours * 3_600_000, sources)
    const missing = new NameLedger(remembered, windowHours * 3_600_000, sources)
    return {
      judge(observation) {
        if (observation.kind !== 'failed' || observation.source.spared) return undefined
        const username = shortName(observation.username)
        const ledger = observation.exists ? existing : missing
        if (ledger.add(username, countedAs(observation.source), observation.at).count < sources) return undefined
        return {
          target: { kind: 'account', value: username },
          action: 'back-off',
          rule: rule.id,
          reason: `wrong credentials for it from ${sources} sources within ${windowHours} hours`,
          evidence: { 'last from': observation.source.address },
        }
      },
    }
  },
}
