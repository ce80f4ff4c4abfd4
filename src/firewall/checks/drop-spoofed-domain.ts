import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

export const dropSpoofedDomain: MessageCheck = {
  id: 'dropSpoofedDomain',
  description:
    'A request of a stranger, other than REGISTER, whose From is in a domain of ours: somebody outside who wants to be taken for a colleague.',
  standings: STRANGERS,
  judge(message, _context, { isOurDomain }) {
    if (message.kind === 'response' || message.method === 'REGISTER' || message.method === 'ACK') return PASS
    const { uri } = message.from
    if (uri.kind !== 'sip' || !isOurDomain(uri.host)) return PASS
    return drop('dropSpoofedDomain', `${message.method.slice(0, 32)} from outside that claims to come from ${uri.host}`)
  },
}
