/**
 * What crosses from one side of a call to the other: this list, and nothing else. Every message is written anew (RFC 7092 §3.1, RFC 5853
 * §3.1), so a header that is not here is not forwarded; what is here is read, bounded, and written again.
 */
import type { HeaderPair } from '../../sip/message/build.ts'
import { encodeText, safeForLog } from '../../sip/message/text.ts'
import type { SipMessage, SipRequest } from '../../sip/message/types.ts'

export interface CrossingHeader {
  readonly name: string
  /** In which messages, and from whom to whom. */
  readonly where: string
  readonly how: string
  readonly why: string
  /** The value as it is written on the other side; undefined: it stays behind. */
  cross(value: string): string | undefined
}

const MAXIMUM_TOPIC_OCTETS = 256
const MAXIMUM_REFERENCE_LENGTH = 1_024
/** `emergency` is ours alone to say. */
const URGENCIES: ReadonlySet<string> = new Set(['non-urgent', 'normal', 'urgent'])

export const SUBJECT: CrossingHeader = {
  name: 'Subject',
  where: 'INVITE, from a phone to a phone',
  how: `at most ${MAXIMUM_TOPIC_OCTETS} octets of UTF-8; control characters and characters that end or turn a line become dots`,
  why: 'people write it for people',
  cross(value) {
    if (value === '' || value.length > MAXIMUM_TOPIC_OCTETS) return undefined
    const text = encodeText(safeForLog(value, MAXIMUM_TOPIC_OCTETS).replaceAll('\u{fffd}', '.'))
    return text.length > MAXIMUM_TOPIC_OCTETS ? undefined : text
  },
}

export const PRIORITY: CrossingHeader = {
  name: 'Priority',
  where: 'INVITE, from a phone to a phone',
  how: `one of ${[...URGENCIES].map(each => `\`${each}\``).join(', ')}; \`emergency\` is written by us alone`,
  why: 'a phone rings otherwise for it',
  cross(value) {
    const urgency = value.trim().toLowerCase()
    return URGENCIES.has(urgency) ? urgency : undefined
  },
}

export const REASON: CrossingHeader = {
  name: 'Reason',
  where: 'BYE and CANCEL, both ways',
  how: '`SIP` or `Q.850` and a cause of three digits at most; no text, no second value',
  why: 'a call that was taken elsewhere is not a missed call (RFC 3326)',
  cross(value) {
    const match = /^\s*(SIP|Q\.850)\s*;\s*cause\s*=\s*(\d{1,3})(?!\w)/i.exec(value)
    return match === null ? undefined : `${match[1]!.toUpperCase()};cause=${match[2]}`
  },
}

export const GEOLOCATION: CrossingHeader = {
  name: 'Geolocation',
  where: 'INVITE of a call for help, from a phone to a trunk',
  how: `one reference in angle brackets (\`https:\`, \`sips:\`, \`pres:\`), at most ${MAXIMUM_REFERENCE_LENGTH} characters, without parameters; else what was configured`,
  why: 'help has to find the caller (RFC 6442)',
  cross(value) {
    if (value.length > MAXIMUM_REFERENCE_LENGTH) return undefined
    return /^\s*(<(?:https|sips|pres):[\x21-\x3b=\x3f-\x7e]+>)/.exec(value)?.[1]
  },
}

export const CROSSING_HEADERS: readonly CrossingHeader[] = [SUBJECT, PRIORITY, REASON, GEOLOCATION]

/** Bodies of INFO: DTMF as phones send it, and the request for a full picture (RFC 5168). Each is read and written anew. */
export const CROSSING_BODIES = {
  'application/dtmf-relay': 'one key, and its duration',
  'application/dtmf': 'one key',
  'application/media_control+xml': 'the request for a full picture, in our words',
} as const

export type CrossingBody = keyof typeof CROSSING_BODIES

export function isCrossingBody(type: string | undefined): type is CrossingBody {
  return type !== undefined && Object.hasOwn(CROSSING_BODIES, type)
}

const FULL_PICTURE =
  '<?xml version="1.0" encoding="utf-8"?>\r\n<media_control><vc_primitive><to_encoder><picture_fast_update/>' +
  '</to_encoder></vc_primitive></media_control>\r\n'

/** The body as the other side gets it; undefined: it is not what its type says. */
export function crossingBody(type: CrossingBody, text: string): string | undefined {
  if (type === 'application/media_control+xml') return text.includes('picture_fast_update') ? FULL_PICTURE : undefined
  if (type === 'application/dtmf') return /^\s*([0-9A-D*#]|1[0-6])\s*$/i.exec(text)?.[1]
  const key = /^\s*Signal\s*=\s*([0-9A-D*#]|1[0-6])\s*$/im.exec(text)?.[1]
  if (key === undefined) return undefined
  const duration = /^\s*Duration\s*=\s*(\d{1,5})\s*$/im.exec(text)?.[1]
  return `Signal=${key}\r\n${duration === undefined ? '' : `Duration=${duration}\r\n`}`
}

/** What is said on the other side in our own words, because of what was said on this one. */
export const TOLD_ANEW: readonly (readonly [what: string, where: string, how: string])[] = [
  [
    'number and name of the caller',
    'to a phone',
    'from the directory, or what a trunk asserts: 32 and 64 characters, control characters become dots; never From of a phone',
  ],
  ['number of the caller', 'to a trunk', 'one that the extension may show, or nobody (RFC 3323); no name'],
  ['number that is called', 'to a trunk', 'as the number plan writes it, not as it was dialled'],
  ['`Max-Forwards`, `Max-Breadth`', 'to the callee', 'a number, lower than before (RFC 3261 §16.6, RFC 5393)'],
  ['that it rings', 'to the caller', 'the number of the response; the words are ours'],
  [
    'that it is refused',
    'to the caller',
    'the number of the best response; the words are ours, a redirection is not followed and not shown',
  ],
  [
    'how a transfer goes',
    'to the phone that asked for it',
    'NOTIFY with a status line of ours (RFC 3515); Refer-To, Referred-By and Replaces end here',
  ],
  ['`Identity`', 'from a trunk', 'verified, and ends here; to a trunk we sign ourselves (RFC 8224)'],
  [
    'lamps (RFC 4235)',
    'to phones that may watch',
    'numbers and states; of a call that rings, the names that we gave to it, to pick it up',
  ],
]

/** `headers` of an INVITE that crosses from a phone to another phone. */
export function crossingHeaders(invite: SipRequest): readonly HeaderPair[] {
  return [SUBJECT, PRIORITY].flatMap(({ name, cross }) => {
    const value = cross(invite.header(name) ?? '')
    return value === undefined ? [] : [[name, value] as const]
  })
}

export function crossingReason(message: SipMessage): string | undefined {
  return REASON.cross(message.header('Reason') ?? '')
}
