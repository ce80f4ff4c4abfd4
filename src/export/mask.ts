/**
 * Masking for one destination: a value becomes a pseudonym that is the same each time, so that who reads the export can
 * count and join, and cannot read. Whoever has the destination's key could try all numbers; nobody else can. Pure.
 */
import { createHmac } from 'node:crypto'
import { isIP } from '../base/network.ts'
import type { Secret } from '../base/secret.ts'
import type { ChangeText } from './bounded-data.ts'
import type { ExportMask } from './types.ts'

/** Names of fields that hold people's names and what they call things. */
const NAMES = new Set([
  'name',
  'person',
  'email',
  'label',
  'username',
  'subject',
  'displayName',
  'actor',
  'location',
  'notified',
  'contact',
  'before',
  'after',
])
/** Names of fields that hold numbers even where they do not look like one. */
const NUMBERS = new Set([
  'from',
  'to',
  'number',
  'extension',
  'by',
  'callerId',
  'payer',
  'claimed',
  'slot',
  'prefix',
  'members',
  'group',
])
/** These name the machine, a rule or a record. */
const NEVER = new Set([
  'id',
  'callId',
  'newCallId',
  'session',
  'rule',
  'decision',
  'fingerprint',
  'digest',
  'version',
  'kind',
  'about',
  'approval',
])
const NUMBER = /\+?\d(?:[\s./()-]{0,2}\d){2,18}/g
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const MAIL = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+/gu
const SIP_USER = /(?<=sips?:)[^@\s;>]+(?=@)/gi
const ADDRESS = /(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\d{1,3}(?:\.\d{1,3}){3})?/gi

export function createMask(masks: readonly ExportMask[], key: Secret): ChangeText | undefined {
  if (masks.length === 0) return undefined
  const has = new Set(masks)
  const pseudonym = (kind: string, text: string): string => {
    const digest = createHmac('sha256', key.reveal()).update(`${kind} ${text}`).digest('base64url')
    return `${kind}-${digest.slice(0, 12)}`
  }
  return (text, path) => {
    const [first = '', ...rest] = path.filter(each => !/^\d+$/.test(each)).toReversed()
    if (NEVER.has(first) || UUID.test(text) || text === '') return text
    if (has.has('names') && (NAMES.has(first) || (first === 'value' && rest.length > 0))) return pseudonym('name', text)
    if (has.has('numbers') && NUMBERS.has(first)) return pseudonym('number', text.replace(/[\s./()-]/g, ''))
    return maskWithin(text, has, pseudonym)
  }
}

/** In text that is for people, whatever looks like it. Addresses first: their digits are no phone numbers. */
function maskWithin(
  text: string,
  has: ReadonlySet<ExportMask>,
  pseudonym: (kind: string, text: string) => string,
): string {
  const parts: string[] = []
  let end = 0
  for (const found of text.matchAll(ADDRESS)) {
    if (isIP(found[0]) === 0) continue
    parts.push(maskWords(text.slice(end, found.index), has, pseudonym))
    parts.push(has.has('addresses') ? pseudonym('address', found[0]) : found[0])
    end = found.index + found[0].length
  }
  parts.push(maskWords(text.slice(end), has, pseudonym))
  return parts.join('')
}

function maskWords(
  text: string,
  has: ReadonlySet<ExportMask>,
  pseudonym: (kind: string, text: string) => string,
): string {
  let masked = text
  if (has.has('names') || has.has('numbers')) masked = masked.replace(SIP_USER, found => pseudonym('name', found))
  if (has.has('names')) masked = masked.replace(MAIL, found => pseudonym('name', found.toLowerCase()))
  if (!has.has('numbers')) return masked
  return masked.replace(NUMBER, found => pseudonym('number', found.replace(/[\s./()-]/g, '')))
}
