import { neighbourhoodOf } from '../../../../base/network.ts'
import { createManySources } from '../../many-sources.ts'
import type { SourceRule } from '../../types.ts'

const THRESHOLDS = { sources: 8, windowHours: 24 }

export const rule: SourceRule = {
  id: 'GUARD_NETWORK_GUESSING',
  title: 'Guessing from one network',
  description:
    'Counts how many different addresses of one /24 (IPv6: /48) had wrong credentials within a day. Only addresses that a connection proves count, and a network in which one phone proved itself is left alone.',
  thresholds: THRESHOLDS,
  sees: ['failed', 'succeeded'],
  create(thresholds, remembered) {
    const { sources, windowHours } = { ...THRESHOLDS, ...thresholds }
    const placeOf = (address: string): string | undefined => neighbourhoodOf(address) || undefined
    return createManySources({ rule: rule.id, kind: 'network', placeOf, sources, windowHours }, remembered)
  },
}
