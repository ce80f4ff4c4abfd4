import { sourceKey } from '../../base/network.ts'
import type { SipRequest } from '../../sip/message/types.ts'
import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/** Different names that one source may ask for in ten minutes: an office that is set up behind one address stays below. */
export const MAXIMUM_NAMES = 60

export const dropEnumeration: MessageCheck = {
  id: 'dropEnumeration',
  description:
    'One source (IPv6: one /64) that asks for name after name: users, trunks or numbers, in To or in its credentials. Names that exist and names that do not count the same, so that nothing can be learnt from when it ends.',
  standings: STRANGERS,
  judge(message, { flow, now }, { askedNames }) {
    if (message.kind === 'response' || message.method === 'ACK') return PASS
    const source = sourceKey(flow.remoteAddress)
    const { uri } = message.to
    const name = uri.kind === 'sip' ? (uri.user ?? '') : ''
    const mayProve = (request: SipRequest): boolean =>
      credentialsOf(request).every(username => askedNames.mayAsk(`${source} proves`, username, now))
    // A phone may prove itself with another name than the one that it asks for: they are counted apart.
    if ((name === '' || askedNames.mayAsk(source, name, now)) && mayProve(message)) return PASS
    return drop('dropEnumeration', `more than ${MAXIMUM_NAMES} different names within ten minutes`)
  },
}

function credentialsOf(request: SipRequest): readonly string[] {
  const all = [...request.credentials('Authorization'), ...request.credentials('Proxy-Authorization')]
  return all.map(({ parameters }) => parameters.get('username') ?? '').filter(username => username !== '')
}
