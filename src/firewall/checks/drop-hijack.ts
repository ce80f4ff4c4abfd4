import type { NameAddress } from '../../sip/message/types.ts'
import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/**
 * A new network for a binding that exists is no fault of a message: the phone may have moved. The registrar lets nobody without
 * proof touch a binding, and the rules about calls ask what became of its network. Here is what a phone that moved does not do.
 */
export const dropHijack: MessageCheck = {
  id: 'dropHijack',
  description:
    'A registration of a stranger in the name of somebody else: From and To differ, so that one would set up, or take away, where another is called. A phone that moved to a new network registers itself.',
  standings: STRANGERS,
  judge(message) {
    if (message.kind === 'response' || message.method !== 'REGISTER' || isSame(message.from, message.to)) return PASS
    return drop('dropHijack', 'REGISTER in the name of somebody else: From is not To')
  },
}

function isSame({ uri: from }: NameAddress, { uri: to }: NameAddress): boolean {
  if (from.kind !== 'sip' || to.kind !== 'sip') return false
  return from.user === to.user && from.host === to.host
}
