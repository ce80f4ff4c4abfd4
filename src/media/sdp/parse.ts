/** Reads a session description (RFC 8866): bounded, strict about structure, tolerant about line ends. */
import { fail, ok, type Result } from '../../base/result.ts'
import type { SdpError, SdpErrorCode } from './errors.ts'
import type { Attribute, Bandwidth, Connection, MediaDescription, Origin, SessionDescription } from './types.ts'

export const SDP_LIMITS = {
  length: 16_384,
  lines: 512,
  mediaDescriptions: 16,
  attributesPerSection: 160,
  formatsPerMedia: 64,
  bandwidthsPerSection: 8,
} as const

interface Section {
  connection: Connection | undefined
  readonly bandwidths: Bandwidth[]
  readonly attributes: Attribute[]
}

interface MediaSection extends Section {
  readonly line: MediaLine
}

type MediaLine = Pick<MediaDescription, 'media' | 'port' | 'portCount' | 'protocol' | 'formats'>

interface Reading {
  origin: Origin | undefined
  sessionName: string | undefined
  timing: string | undefined
  version: boolean
  readonly session: Section
  readonly media: MediaSection[]
}

type Problem = { readonly code: SdpErrorCode; readonly detail: string } | undefined

/** Session-level letters in the order of RFC 8866 §9; `m` opens a media description. */
const SESSION_ORDER = 'vosiuepcbtrzka'
const MEDIA_ORDER = 'icbka'
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/
const PROTOCOL = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~/]{1,40}$/
const ADDRESS = /^[0-9A-Za-z.:\-_]{1,255}$/
const DIGITS = /^\d{1,20}$/
/** What a number holds exactly. */
const AMOUNT = /^\d{1,15}$/

/** Parses `text`. Never throws; the error names the line. */
export function parseSdp(text: string): Result<SessionDescription, SdpError> {
  if (text.length > SDP_LIMITS.length) {
    return fail({ code: 'SDP_TOO_LONG', detail: `more than ${SDP_LIMITS.length} characters`, line: 0 })
  }
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.length > SDP_LIMITS.lines) {
    return fail({ code: 'SDP_TOO_MANY', detail: `more than ${SDP_LIMITS.lines} lines`, line: 0 })
  }
  const reading: Reading = {
    origin: undefined,
    sessionName: undefined,
    timing: undefined,
    version: false,
    session: { connection: undefined, bandwidths: [], attributes: [] },
    media: [],
  }
  let rank = -1
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    const problem = lineProblem(line)
    if (problem !== undefined) return fail({ ...problem, line: index + 1 })
    const letter = line[0]!
    if (letter === 'm') rank = -1
    else {
      const next = (reading.media.length > 0 ? MEDIA_ORDER : SESSION_ORDER).indexOf(letter)
      if (next < 0) continue // RFC 8866 §5: a parser ignores a line whose letter it does not know
      // Several t= and r= lines alternate; phones disagree about the order of b=, c= and k=, so only the head is held to it.
      if (reading.media.length === 0 && next < rank && next <= 2) {
        return fail({ code: 'SDP_BAD_ORDER', detail: `${letter}= stands too late`, line: index + 1 })
      }
      rank = Math.max(rank, next)
    }
    const refused = readLine(reading, letter, line.slice(2))
    if (refused !== undefined) return fail({ ...refused, line: index + 1 })
  }
  return complete(reading, lines.length)
}

function lineProblem(line: string): Problem {
  if (line.length < 2 || line[1] !== '=') return { code: 'SDP_BAD_LINE', detail: 'not "<letter>=<text>"' }
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      return { code: 'SDP_BAD_LINE', detail: `control character ${code} in a line` }
    }
  }
  return undefined
}

function readLine(reading: Reading, letter: string, value: string): Problem {
  const section = reading.media.at(-1) ?? reading.session
  switch (letter) {
    case 'v':
      if (value !== '0') return { code: 'SDP_BAD_VALUE', detail: 'v= is not 0' }
      reading.version = true
      return undefined
    case 'o':
      reading.origin = parseOrigin(value)
      return reading.origin === undefined ? { code: 'SDP_BAD_VALUE', detail: `o=${quote(value)}` } : undefined
    case 's':
      reading.sessionName = value
      return undefined
    case 't':
      if (!/^\d{1,20} \d{1,20}\s*$/.test(value)) return { code: 'SDP_BAD_VALUE', detail: `t=${quote(value)}` }
      reading.timing ??= value.trimEnd()
      return undefined
    case 'c': {
      const connection = parseConnection(value)
      if (connection === undefined) return { code: 'SDP_BAD_VALUE', detail: `c=${quote(value)}` }
      section.connection ??= connection
      return undefined
    }
    case 'b':
      return readBandwidth(section, value)
    case 'a':
      return readAttribute(section, value)
    case 'm':
      return readMedia(reading, value)
    default:
      return undefined
  }
}

function readBandwidth(section: Section, value: string): Problem {
  const [type = '', amount = '', ...rest] = value.trimEnd().split(':')
  if (!TOKEN.test(type) || !AMOUNT.test(amount) || rest.length > 0) {
    return { code: 'SDP_BAD_VALUE', detail: `b=${quote(value)}` }
  }
  if (section.bandwidths.length >= SDP_LIMITS.bandwidthsPerSection) {
    return { code: 'SDP_TOO_MANY', detail: 'too many b= lines' }
  }
  section.bandwidths.push({ type, value: Number(amount) })
  return undefined
}

function readAttribute(section: Section, value: string): Problem {
  if (section.attributes.length >= SDP_LIMITS.attributesPerSection) {
    return { code: 'SDP_TOO_MANY', detail: `more than ${SDP_LIMITS.attributesPerSection} attributes in one section` }
  }
  const colon = value.indexOf(':')
  const name = (colon < 0 ? value : value.slice(0, colon)).trimEnd()
  if (!TOKEN.test(name)) return { code: 'SDP_BAD_VALUE', detail: `a=${quote(name)}` }
  section.attributes.push({ name, value: colon < 0 ? undefined : value.slice(colon + 1) })
  return undefined
}

function readMedia(reading: Reading, value: string): Problem {
  if (reading.media.length >= SDP_LIMITS.mediaDescriptions) {
    return { code: 'SDP_TOO_MANY', detail: `more than ${SDP_LIMITS.mediaDescriptions} m= lines` }
  }
  const line = parseMediaLine(value)
  if (line === undefined) return { code: 'SDP_BAD_VALUE', detail: `m=${quote(value)}` }
  if (line.formats.length > SDP_LIMITS.formatsPerMedia) {
    return { code: 'SDP_TOO_MANY', detail: `more than ${SDP_LIMITS.formatsPerMedia} formats in one m= line` }
  }
  reading.media.push({ line, connection: undefined, bandwidths: [], attributes: [] })
  return undefined
}

function complete(reading: Reading, lineCount: number): Result<SessionDescription, SdpError> {
  const { origin, session } = reading
  const missing = !reading.version ? 'v=' : origin === undefined ? 'o=' : undefined
  if (missing !== undefined || origin === undefined) {
    return fail({ code: 'SDP_BAD_ORDER', detail: `${missing} is missing`, line: lineCount })
  }
  const media: MediaDescription[] = []
  for (const { line, connection, bandwidths, attributes } of reading.media) {
    // RFC 8866 §5.7: a c= line for each media description, or one for all of them
    if (connection === undefined && session.connection === undefined && line.port !== 0) {
      return fail({ code: 'SDP_BAD_ORDER', detail: 'c= is missing', line: lineCount })
    }
    media.push({ ...line, connection, bandwidths, attributes })
  }
  return ok({
    origin,
    sessionName: reading.sessionName ?? '-',
    connection: session.connection,
    bandwidths: session.bandwidths,
    timing: reading.timing ?? '0 0',
    attributes: session.attributes,
    media,
  })
}

function parseOrigin(value: string): Origin | undefined {
  const parts = value.trimEnd().split(/ +/, 7)
  const [username = '', sessionId = '', sessionVersion = '', network, addressType, address = ''] = parts
  if (parts.length !== 6 || username === '' || network !== 'IN') return undefined
  if (!DIGITS.test(sessionId) || !DIGITS.test(sessionVersion) || !ADDRESS.test(address)) return undefined
  if (addressType !== 'IP4' && addressType !== 'IP6') return undefined
  return { username, sessionId, sessionVersion, addressType, address }
}

function parseConnection(value: string): Connection | undefined {
  const [network, addressType, text = '', ...rest] = value.trimEnd().split(/ +/, 5)
  if (network !== 'IN' || (addressType !== 'IP4' && addressType !== 'IP6') || rest.length > 0) return undefined
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  return ADDRESS.test(address) ? { addressType, address } : undefined
}

function parseMediaLine(value: string): MediaLine | undefined {
  const [media = '', portText = '', protocol = '', ...formats] = value.trimEnd().split(/ +/)
  const [first = '', count, ...rest] = portText.split('/')
  if (!TOKEN.test(media) || !PROTOCOL.test(protocol) || rest.length > 0) return undefined
  if (!/^\d{1,5}$/.test(first) || (count !== undefined && !/^\d{1,3}$/.test(count))) return undefined
  const port = Number(first)
  const portCount = count === undefined ? 1 : Number(count)
  if (port > 65_535 || portCount < 1 || formats.length === 0) return undefined
  if (!formats.every(format => format.length <= 64 && TOKEN.test(format))) return undefined
  return { media, port, portCount, protocol, formats }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 48 ? `${text.slice(0, 48)}…` : text)
}
