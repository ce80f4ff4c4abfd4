import { neighbourhoodOf } from '../../../../base/network.ts'
import { NameLedger, ProvedNames } from '../../name-ledger.ts'
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
    const failing = new NameLedger(remembered, windowHours * 3_600_000, sources)
    const proved = new ProvedNames(remembered)
    return {
      judge(observation) {
        const { kind, at, source } = observation
        // A datagram could bring anybody's neighbours into it.
        if ((kind !== 'failed' && kind !== 'succeeded') || (kind === 'failed' && !source.proven)) return undefined
        const network = neighbourhoodOf(source.address)
        if (network === '') return undefined
        if (kind === 'succeeded' || source.spared) {
          proved.note(network, source.key, at)
          return undefined
        }
        const { count } = failing.add(network, source.key, at)
        if (count < sources || proved.count(network, at) > 0) return undefined
        return {
          target: { kind: 'network', value: network },
          action: 'ban',
          rule: rule.id,
          reason: `wrong credentials from ${sources} of its addresses within ${windowHours} hours`,
          evidence: { sources: String(count), 'last from': source.address },
        }
      },
    }
  },
}
