import { createManySources } from '../../many-sources.ts'
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
    const placeOf = (address: string): string | undefined => {
      const as = asOf(address)
      return as === undefined ? undefined : `AS${as}`
    }
    return createManySources({ rule: rule.id, kind: 'as', placeOf, sources, windowHours }, remembered)
  },
}
