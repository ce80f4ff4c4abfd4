/** Parties as calls show them to each other: an extension's number and name, never a device. */
import type { Device, Extension, Organisation } from '../directory/types.ts'
import type { SipMessage } from '../sip/message/types.ts'
import { encodeText, quoteString, safeForLog } from '../sip/message/text.ts'
import { formatUri, sipUri } from '../sip/message/uri.ts'
import type { Party } from './call.ts'

export function partyOf(extension: Extension, device: Device | undefined): Party {
  return {
    number: extension.number,
    displayName: encodeText(extension.name),
    extension,
    extensionId: extension.id,
    deviceId: device?.id,
    username: device?.username,
  }
}

/** From or To for the other side: `"Name" <sip:NUMBER@domain>`; of somebody who withholds it, RFC 3323 §4.1.1.3. */
export function addressOf(party: Party, organisation: Organisation): string {
  if (party.anonymous === true) return `${quoteString(party.displayName)} <sip:anonymous@anonymous.invalid>`
  return `${quoteString(party.displayName)} <${numberUri(party.number, organisation)}>`
}

export function numberUri(number: string, organisation: Organisation): string {
  return formatUri(sipUri({ user: encodeText(number), host: organisation.domain }))
}

/** What a phone calls itself, fit for a record; empty where it says nothing. */
export function userAgentOf(message: SipMessage): string {
  const value = message.header('User-Agent') ?? message.header('Server')
  return value === undefined ? '' : safeForLog(value, 128)
}
