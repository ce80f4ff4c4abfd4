/** What may belong to a call for help of a phone that we know: what it says about itself is not held against it. */
import type { SipMessage, Uri } from '../../sip/message/types.ts'
import type { Standing } from '../known-source.ts'

/** 112, 911, 999, and the same behind a prefix to get outside. Longer ones are ordinary numbers. */
const MAXIMUM_DIGITS = 4
/** Behind one of these, a number that somebody dialled may have more. */
const MAXIMUM_PREFIX = 2

/** Where a phone was registered lately, and asks for help before it has registered anew. A stranger is not talked to anyway. */
export function mayBeForHelp(message: SipMessage, standing: Standing): boolean {
  return standing !== 'unknown' && looksForHelp(message)
}

/**
 * Rather too many than one too few: routing knows which numbers they are, and asks who calls. Requests within a dialog
 * belong, too, because their target says nothing.
 */
function looksForHelp(message: SipMessage): boolean {
  if (message.kind === 'response') return false
  if (message.method === 'REGISTER') return false
  if (message.toTag !== undefined) return true
  if (message.method !== 'INVITE' && message.method !== 'ACK' && message.method !== 'CANCEL') return false
  return isForHelp(message.requestUri) || isForHelp(message.to.uri)
}

function isForHelp(uri: Uri): boolean {
  if (uri.kind === 'sip') return isShortNumber(uri.user ?? '')
  if (uri.scheme === 'urn') return isServiceForHelp(uri.rest.slice(0, 12).toLowerCase())
  if (uri.scheme !== 'tel') return false
  const end = uri.rest.indexOf(';')
  return isShortNumber(end < 0 ? uri.rest : uri.rest.slice(0, end))
}

/** `service:sos` and what is below it (RFC 5031). */
function isServiceForHelp(start: string): boolean {
  return start === 'service:sos' || start === 'service:sos.'
}

function isShortNumber(text: string): boolean {
  return text.length >= 2 && text.length <= MAXIMUM_DIGITS + MAXIMUM_PREFIX && /^\+?[\d*#]+$/.test(text)
}
