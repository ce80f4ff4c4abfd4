import { createManyNames } from '../../many-names.ts'
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
    const within = `${windowDays} days`
    return createManyNames({ rule: rule.id, names, windowMs: windowDays * 86_400_000, within }, remembered)
  },
}
