/** Header names in their canonical long form, list headers, and the small grammars that several headers share. */
import { endOfQuoted, isToken, parseInteger, scan, skipSpace, TOKEN, unquoteRange, VALUE } from './characters.ts'
import { MAXIMUM_PARAMETERS } from './error.ts'
import type { CSeq, Parameters } from './types.ts'

const NAMES = (
  'Accept Accept-Contact Accept-Encoding Accept-Language Accept-Resource-Priority Alert-Info Allow Allow-Events ' +
  'Answer-Mode Authentication-Info Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding ' +
  'Content-Language Content-Length Content-Type CSeq Date Diversion Error-Info Event Expires Feature-Caps Flow-Timer From ' +
  'Geolocation History-Info Identity Identity-Info In-Reply-To Info-Package Join Max-Breadth Max-Forwards MIME-Version ' +
  'Min-Expires Min-SE Organization P-Access-Network-Info P-Asserted-Identity P-Associated-URI P-Called-Party-ID ' +
  'P-Charging-Vector P-Preferred-Identity Path Priority Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck ' +
  'Reason Record-Route Recv-Info Refer-Sub Refer-To Referred-By Reject-Contact Remote-Party-ID Replaces Reply-To ' +
  'Request-Disposition Require Resource-Priority Retry-After Route RSeq Security-Client Security-Server Security-Verify ' +
  'Server Service-Route Session-Expires SIP-ETag SIP-If-Match Subject Subscription-State Supported Target-Dialog Timestamp ' +
  'To Unsupported User-Agent User-to-User Via Warning WWW-Authenticate'
).split(' ')

/** RFC 3261 §7.3.3 and the registry of later compact forms. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  n: 'Identity-Info',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
}

const CANONICAL = new Map<string, string>()
for (const name of NAMES) CANONICAL.set(name.toLowerCase(), name).set(name, name)
for (const [short, name] of Object.entries(COMPACT)) CANONICAL.set(short, name).set(short.toUpperCase(), name)
const KNOWN = new Set(NAMES)

/** Headers whose value is a comma-separated list (§7.3.1). Date, Subject and the authentication headers are not. */
const LISTS = new Set(
  (
    'Accept Accept-Contact Accept-Encoding Accept-Language Accept-Resource-Priority Alert-Info Allow Allow-Events Call-Info ' +
    'Contact Content-Encoding Content-Language Diversion Error-Info Feature-Caps Geolocation History-Info In-Reply-To ' +
    'P-Asserted-Identity P-Associated-URI P-Preferred-Identity Path Proxy-Require Reason Record-Route Recv-Info ' +
    'Reject-Contact Request-Disposition Require Resource-Priority Route Security-Client Security-Server Security-Verify ' +
    'Service-Route Supported Unsupported Via Warning'
  ).split(' '),
)

/** The canonical name of a header name as sent (any case, compact or long); an unknown one as it came. */
export function canonicalName(name: string): string {
  return CANONICAL.get(name) ?? CANONICAL.get(name.toLowerCase()) ?? name
}

/** Names by their length, spelled as the RFCs do: most messages need no more, and no text of its own for each name. */
const BY_LENGTH = byLength(NAMES)

/** The canonical name that stands at `text[start, end)` letter by letter; undefined: ask `canonicalName`. */
export function canonicalNameAt(text: string, start: number, end: number): string | undefined {
  return constantAt(BY_LENGTH, text, start, end)
}

/** Parameters that most messages carry. */
const PARAMETER_NAMES = byLength(
  (
    'tag branch rport received transport expires lr q ob reg-id +sip.instance username realm nonce uri response algorithm ' +
    'cnonce nc qop opaque stale refresher user method cause text alias'
  ).split(' '),
)

/** The name of a parameter in lower case; one constant for the common ones. */
export function parameterNameAt(text: string, start: number, end: number): string {
  return constantAt(PARAMETER_NAMES, text, start, end) ?? text.slice(start, end).toLowerCase()
}

function byLength(names: readonly string[]): readonly (readonly string[] | undefined)[] {
  const lists: string[][] = []
  for (const name of names) lists[name.length] = [...(lists[name.length] ?? []), name]
  return lists
}

function constantAt(
  lists: readonly (readonly string[] | undefined)[],
  text: string,
  start: number,
  end: number,
): string | undefined {
  const candidates = lists[end - start]
  if (candidates === undefined) return undefined
  const first = text.charCodeAt(start)
  for (const name of candidates) if (name.charCodeAt(0) === first && text.startsWith(name, start)) return name
  return undefined
}

/** True when `canonicalName` knows the name, so that names may be compared as they are. */
export function isKnownName(canonical: string): boolean {
  return KNOWN.has(canonical)
}

export function isListHeader(canonical: string): boolean {
  return LISTS.has(canonical)
}

/** The elements of a comma-separated value, trimmed; commas inside quotes and angle brackets do not count. Empty text: none. */
export function splitList(value: string): readonly string[] {
  if (!value.includes(',')) {
    const only = value.trim()
    return only === '' ? [] : [only]
  }
  const elements: string[] = []
  let start = 0
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0x22) {
      const end = endOfQuoted(value, i)
      if (end === -1) break
      i = end - 1
    } else if (code === 0x3c) {
      const end = value.indexOf('>', i)
      if (end === -1) break
      i = end
    } else if (code === 0x2c) {
      elements.push(value.slice(start, i).trim())
      start = i + 1
    }
  }
  elements.push(value.slice(start).trim())
  return elements
}

export const NO_PARAMETERS: Parameters = new Map()

/**
 * `*( SEMI generic-param )` (§25.1) from `start` to the end of the text: names in lower case, values without their quotes.
 * Undefined when malformed, when a name stands twice (§7.3.1) or when there are too many.
 */
export function parseParameters(text: string, start = 0): Parameters | undefined {
  let i = skipSpace(text, start)
  if (i === text.length) return NO_PARAMETERS
  const parameters = new Map<string, string | undefined>()
  while (i < text.length) {
    if (text.charCodeAt(i) !== 0x3b) return undefined
    const from = skipSpace(text, i + 1)
    i = scan(text, from, text.length, TOKEN)
    if (i === from) return undefined
    const name = parameterNameAt(text, from, i)
    i = skipSpace(text, i)
    let value: string | undefined
    if (text.charCodeAt(i) === 0x3d) {
      const begin = skipSpace(text, i + 1)
      if (text.charCodeAt(begin) === 0x22) {
        i = endOfQuoted(text, begin)
        if (i === -1) return undefined
        value = unquoteRange(text, begin, i)
      } else {
        i = scan(text, begin, text.length, VALUE)
        if (i === begin) return undefined
        value = text.slice(begin, i)
      }
      i = skipSpace(text, i)
    }
    if (parameters.has(name) || parameters.size >= MAXIMUM_PARAMETERS) return undefined
    parameters.set(name, value)
  }
  return parameters
}

/** `CSeq: number method` (§20.16); the number is below 2^31. */
export function parseCSeq(text: string): CSeq | undefined {
  let end = 0
  while (end < text.length && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++
  const from = skipSpace(text, end)
  if (from === end) return undefined
  const number = parseInteger(text.slice(0, end), 0x7fff_ffff)
  const method = text.slice(from)
  return number === undefined || !isToken(method) ? undefined : { number, method }
}

/** `type/subtype` in lower case, without its parameters (§20.15). */
export function parseContentType(text: string): string | undefined {
  const semicolon = text.indexOf(';')
  const type = semicolon === -1 ? text : text.slice(0, semicolon)
  const slash = type.indexOf('/')
  if (slash === -1) return undefined
  const main = type.slice(0, slash).trim()
  const sub = type.slice(slash + 1).trim()
  if (!isToken(main) || !isToken(sub)) return undefined
  if (semicolon !== -1 && parseParameters(text, semicolon) === undefined) return undefined
  return `${main}/${sub}`.toLowerCase()
}
