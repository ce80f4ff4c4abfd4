import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/** A phone is reached directly or over a few proxies. */
const MAXIMUM_VIAS = 10
/** RFC 3261 §8.1.1.6 has 70. */
const MOST_FORWARDS = 255

export const dropLoop: MessageCheck = {
  id: 'dropLoop',
  description:
    'A request of a stranger that says it may be forwarded no more, or endlessly, or that came over more proxies than there are on any way here: a probe of the hops, or a loop.',
  standings: STRANGERS,
  judge(message) {
    if (message.kind === 'response') return PASS
    const { maxForwards, vias } = message
    if (maxForwards === 0) return drop('dropLoop', 'Max-Forwards is 0')
    if (maxForwards !== undefined && maxForwards > MOST_FORWARDS) return drop('dropLoop', 'Max-Forwards is beyond 255')
    if (vias.length > MAXIMUM_VIAS) return drop('dropLoop', `it came over ${vias.length} hops`)
    return PASS
  },
}
