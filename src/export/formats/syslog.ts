/** Syslog messages (RFC 5424) and their frames (RFC 6587 §3.4.1, as RFC 5425 has it): octets counted, so nothing in them ends one. Pure. */
import type { Severity } from '../../events/catalogue.ts'
import type { EventFacts } from '../event-facts.ts'
import { cutOctets, visible } from '../text.ts'
import type { FormatContext } from '../types.ts'

/** What receivers take without being told otherwise: 8 KiB at rsyslog, 64 KiB at syslog-ng. */
export const LARGEST_SYSLOG = 8_000

/** RFC 5424 §6.2.1: 10 security and authorisation, 16 local use 0. */
const SECURITY = 10
const LOCAL_0 = 16
const SECURITY_FAMILIES = new Set([
  'people',
  'authentication',
  'registration',
  'fraud',
  'firewall',
  'message',
  'transport',
])

export const SYSLOG_SEVERITY: { readonly [S in Severity]: number } = {
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
}

/** 32473 is the number for documentation (RFC 5612): receivers match the name before it. */
export const STRUCTURED_DATA_ID = 'ringfence@32473'

/** Octets for what stands behind the header, whatever is in the header. */
export const SYSLOG_ROOM = 4_500

/** `message`: what stands behind the header, one line. Cut where it does not fit. */
export function syslogMessage(facts: EventFacts, context: FormatContext, message: string): string {
  const header = syslogHeader(facts, context)
  const structured = structuredData(facts)
  const room = LARGEST_SYSLOG - Buffer.byteLength(header) - Buffer.byteLength(structured) - 2
  return `${header} ${structured} ${cutOctets(visible(message, LARGEST_SYSLOG), room)}`
}

export function syslogHeader({ type, severity, at }: EventFacts, { host }: FormatContext): string {
  const facility = SECURITY_FAMILIES.has(type.slice(0, type.indexOf('.'))) ? SECURITY : LOCAL_0
  const priority = facility * 8 + (SYSLOG_SEVERITY[severity] ?? 5)
  return `<${priority}>1 ${new Date(at).toISOString()} ${token(host, 255)} ringfence - ${token(type, 32)}`
}

/** PRINTUSASCII without blanks (RFC 5424 §6). */
function token(text: string, maximum: number): string {
  const clean = text.replace(/[^\x21-\x7e]+/g, '_').slice(0, maximum)
  return clean === '' ? '-' : clean
}

/** Characters of one parameter: all of them together leave room for the message. */
const LONGEST_PARAMETER = 256

function structuredData({ id, position, organisationId, address, common }: EventFacts): string {
  const parameters: readonly (readonly [string, string | undefined])[] = [
    ['id', id],
    ['position', String(position)],
    ['organisation', organisationId],
    ['outcome', common.outcome],
    ['actor', common.actor],
    ['extension', common.extension],
    ['source', address ?? common.source],
    ['target', common.target],
    ['rule', common.rule],
    ['call', common.call],
  ]
  const texts = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${parameter(visible(value, LONGEST_PARAMETER))}"`],
  )
  return `[${STRUCTURED_DATA_ID}${texts.join('')}]`
}

/** RFC 5424 §6.3.3 */
function parameter(text: string): string {
  return text.replace(/["\\\]]/g, character => `\\${character}`)
}

/** `MSG-LEN SP SYSLOG-MSG` */
export function countOctets(message: string): Buffer {
  const octets = Buffer.from(message, 'utf8')
  return Buffer.concat([Buffer.from(`${octets.length} `, 'ascii'), octets])
}
