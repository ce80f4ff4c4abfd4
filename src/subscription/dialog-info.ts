/** The calls of an extension as a document that phones turn into a lamp: application/dialog-info+xml (RFC 4235 §4). */
import { encodeText } from '../sip/message/text.ts'
import { formatUri, sipUri } from '../sip/message/uri.ts'
import type { WatchedDialog } from './types.ts'

export const DIALOG_INFO_TYPE = 'application/dialog-info+xml'

/** Calls in one document: a lamp says no more with more of them, and a datagram has an end. */
export const MAXIMUM_DIALOGS = 20

export interface DialogInfo {
  /** One more for each document of a subscription, from 0 (§4.1). */
  readonly version: number
  readonly number: string
  readonly domain: string
  readonly dialogs: readonly WatchedDialog[]
}

/** Always full state: whoever missed one document needs no other. Pure ASCII. */
export function dialogInfoBody({ version, number, domain, dialogs }: DialogInfo): string {
  const entity = attribute(addressOf(number, domain))
  const elements = dialogs.slice(0, MAXIMUM_DIALOGS).map(dialog => dialogElement(dialog, number, domain))
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n' +
    `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="full" entity="${entity}">\r\n` +
    `${elements.join('')}</dialog-info>\r\n`
  )
}

/** Children in the order of the schema: state, then local, then remote (§4.4). */
function dialogElement(dialog: WatchedDialog, number: string, domain: string): string {
  const { pickUp, remote } = dialog
  const names =
    pickUp === undefined
      ? ''
      : ` call-id="${attribute(pickUp.callId)}" local-tag="${attribute(pickUp.localTag)}" remote-tag="${attribute(pickUp.remoteTag)}"`
  const other = remote === undefined ? '' : `<remote>${party(addressOf(remote, domain))}</remote>`
  return (
    `<dialog id="${attribute(dialog.id)}"${names} direction="${dialog.direction}"><state>${dialog.state}</state>` +
    `<local>${party(addressOf(number, domain))}</local>${other}</dialog>\r\n`
  )
}

/** The target says no more than the identity: phones of the field look for the one or the other (§4.1.6). */
function party(uri: string): string {
  const text = attribute(uri)
  return `<identity>${text}</identity><target uri="${text}"/>`
}

/** `sip:user@domain`, the user part escaped as a URI has it. */
export function addressOf(user: string, domain: string): string {
  // A user part is a byte string here; what was dialled may be Unicode.
  return formatUri(sipUri({ user: /[^\0-\xff]/.test(user) ? encodeText(user) : user, host: domain }))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text that is safe in an attribute and in content: no markup, nothing but printable ASCII (others are of no XML at all). */
function attribute(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replace(/[&<>"']/g, character => ENTITIES[character]!)
}
