import { createManyNames } from '../../many-names.ts'
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
    const within = `${windowSeconds / 60} minutes`
    return createManyNames({ rule: rule.id, names, windowMs: windowSeconds * 1000, within }, remembered)
  },
}
