/** RFC 3261 §10.3 steps 6 and 7 as a plan: what changes, or why nothing does. All or nothing. */
import type { Entry } from './binding-table.ts'
import type { Registration, RequestedContact } from './requested-contacts.ts'
import { parseUri, uriEquals } from '../sip/message/uri.ts'

export interface ContactPlan {
  readonly add: readonly RequestedContact[]
  readonly refresh: readonly { readonly entry: Entry; readonly contact: RequestedContact }[]
  readonly remove: readonly Entry[]
}

/** Undefined: the request is older than what it would change, so that all of it fails. */
export function planUpdate(
  current: readonly Entry[],
  registration: Registration,
  callId: string,
  cseq: number,
): ContactPlan | undefined {
  const isOlder = (entry: Entry): boolean => entry.binding.callId === callId && entry.binding.cseq >= cseq
  if (registration.contacts === 'remove-all') {
    return current.some(isOlder) ? undefined : { add: [], refresh: [], remove: [...current] }
  }
  const add: RequestedContact[] = []
  const refresh: { entry: Entry; contact: RequestedContact }[] = []
  const remove: Entry[] = []
  for (const contact of registration.contacts) {
    const entry = current.find(candidate => isSame(candidate, contact))
    if (entry !== undefined && isOlder(entry)) return undefined
    if (contact.expires > 0) {
      if (entry === undefined) add.push(contact)
      else refresh.push({ entry, contact })
    } else if (entry !== undefined) remove.push(entry)
  }
  return { add, refresh, remove }
}

/** By instance and reg-id where both sides have them (RFC 5626 §6), else by the contact URI (§19.1.4). */
function isSame(entry: Entry, contact: RequestedContact): boolean {
  const { binding } = entry
  if (contact.regId !== undefined && contact.instanceId !== undefined) {
    return binding.instanceId === contact.instanceId && binding.regId === contact.regId
  }
  if (binding.regId !== undefined && contact.expires > 0) return false
  if (binding.contact === contact.text) return true
  const stored = parseUri(binding.contact)
  return stored !== undefined && uriEquals(stored, contact.uri)
}
