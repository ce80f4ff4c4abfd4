import { NameLedger, ProvedNames } from '../../name-ledger.ts'
import type { SourceRule, Surroundings } from '../../types.ts'

const THRESHOLDS = { sources: 64, windowHours: 24 }
const NOWHERE: Surroundings = { asOf: () => undefined }

export const rule: SourceRule = {
  id: 'GUARD_SYSTEM_GUESSING',
  title: 'Guessing from one autonomous system',
  description:
    'Counts how many different addresses of one autonomous system had wrong credentials within a day: rented machines, each in another network. Only addresses that a connection proves count, and a system in which one phone proved itself is left alone.',
  thresholds: THRESHOLDS,
  sees: ['failed', 'succeeded'],
  create(thresholds, remembered, { asOf } = NOWHERE) {
    const { sources, windowHours } = { ...THRESHOLDS, ...thresholds }
    const failing = new NameLedger(remembered, windowHours * 3_600_000, sources)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        // A datagram could bring anybody's neighbours into it.
        if ((kind !== 'failed' && kind !== 'succeeded') || (kind === 'failed' && !source.proven)) return undefined
        const as = asOf(source.address)
        if (as === undefined) return undefined
        const system = `AS${as}`
        if (kind === 'succeeded' || source.spared) {
          proved.note(system, source.key, at)
          return undefined
        }
        const { count } = failing.add(system, source.key, at)
        if (count < sources || proved.count(system, at) > 0) return undefined
        return {
          target: { kind: 'as', value: system },
          action: 'ban',
          rule: rule.id,
          reason: `wrong credentials from ${sources} of its addresses within ${windowHours} hours`,
          evidence: { sources: String(count), 'last from': source.address },
        }
      },
    }
  },
}
