import { sourceKey } from '../../base/network.ts'
import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/** Different names that one source may ask for in ten minutes: an office that is set up behind one address stays below. */
export const MAXIMUM_NAMES = 60

export const dropEnumeration: MessageCheck = {
  id: 'dropEnumeration',
  description:
    'One source (IPv6: one /64) that asks for name after name: users, trunks or numbers. Names that exist and names that do not count the same, so that nothing can be learnt from when it ends.',
  standings: STRANGERS,
  judge(message, { flow, now }, { askedNames }) {
    if (message.kind === 'response' || message.method === 'ACK') return PASS
    const { uri } = message.to
    const name = uri.kind === 'sip' ? (uri.user ?? '') : ''
    if (name === '' || askedNames.mayAsk(sourceKey(flow.remoteAddress), name, now)) return PASS
    return drop('dropEnumeration', `more than ${MAXIMUM_NAMES} different names within ten minutes`)
  },
}
