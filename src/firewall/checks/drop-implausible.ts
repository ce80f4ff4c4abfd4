import { PASS } from '../types.ts'
import { drop, type MessageCheck, STRANGERS } from './types.ts'

/** A phone has one place for each way to it. */
const MAXIMUM_CONTACTS = 10
/** RFC 3261 §8.1.1.7. Older phones without it have no TLS, and speak from a network that was named. */
const COOKIE = 'z9hG4bK'

export const dropImplausible: MessageCheck = {
  id: 'dropImplausible',
  description:
    'A registration of a stranger that can be read and that no phone sends: no From tag, a To tag, a branch without its cookie, no Max-Forwards, or many Contacts, each of which would be stored and called.',
  standings: STRANGERS,
  judge(message) {
    if (message.kind === 'response' || message.method !== 'REGISTER') return PASS
    if ((message.fromTag ?? '') === '') return drop('dropImplausible', 'From has no tag')
    if (message.toTag !== undefined) return drop('dropImplausible', 'REGISTER with a To tag')
    if (message.topmostVia.branch?.startsWith(COOKIE) !== true)
      return drop('dropImplausible', 'Via has no branch of RFC 3261')
    if (message.maxForwards === undefined) return drop('dropImplausible', 'no Max-Forwards')
    if (message.contacts !== '*' && message.contacts.length > MAXIMUM_CONTACTS) {
      return drop('dropImplausible', `${message.contacts.length} Contacts`)
    }
    return PASS
  },
}
