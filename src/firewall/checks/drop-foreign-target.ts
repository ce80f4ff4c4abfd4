import { isIP } from '../../base/network.ts'
import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

export const dropForeignTarget: MessageCheck = {
  id: 'dropForeignTarget',
  description:
    'A stranger who asks for an address or for a domain that is not ours. A scanner knows an address; a phone that was set up knows the domain.',
  standings: STRANGERS,
  judge(message, _context, { isOurDomain }) {
    if (message.kind === 'response') return PASS
    const { uri } = message.to
    if (uri.kind !== 'sip') return drop('dropForeignTarget', 'To is no SIP URI')
    if (isOurDomain(uri.host)) return PASS
    const what = isIP(uri.host) === 0 ? 'no domain of ours' : 'an address and no domain'
    return drop('dropForeignTarget', `To names ${uri.host.slice(0, 64)}, which is ${what}`)
  },
}
