/** SIP and SIPS URIs, and others kept whole (RFC 3261 §19.1, §25.1). */
import {
  escapeText,
  formatHost,
  isAll,
  OPAQUE,
  PASSWORD,
  readHostPort,
  unescapeRange,
  URI_HEADER,
  URI_PARAMETER,
  USER,
} from './characters.ts'
import { MAXIMUM_PARAMETERS } from './error.ts'
import { NO_PARAMETERS } from './headers.ts'
import type { Parameters, SipUri, Uri } from './types.ts'

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]{0,62}$/

/** Undefined when malformed. No space is allowed anywhere, and nothing beside the URI. */
export function parseUri(text: string): Uri | undefined {
  const colon = text.indexOf(':')
  if (colon < 1 || colon > 63) return undefined
  const scheme = text.slice(0, colon)
  if (scheme === 'sip' || scheme === 'sips') return parseSip(scheme, text, colon + 1)
  if (!SCHEME.test(scheme)) return undefined
  const lower = scheme.toLowerCase()
  if (lower === 'sip' || lower === 'sips') return parseSip(lower, text, colon + 1)
  const rest = text.slice(colon + 1)
  return isAll(rest, OPAQUE) ? { kind: 'opaque', scheme: lower, rest } : undefined
}

function parseSip(scheme: 'sip' | 'sips', text: string, start: number): SipUri | undefined {
  const at = text.indexOf('@', start)
  let user: string | undefined
  let password: string | undefined
  if (at !== -1) {
    const colon = text.indexOf(':', start)
    const end = colon !== -1 && colon < at ? colon : at
    user = unescapeRange(text, start, end, USER)
    if (user === undefined || end === start) return undefined
    if (end !== at) {
      password = unescapeRange(text, end + 1, at, PASSWORD)
      if (password === undefined) return undefined
    }
  }
  const hostPort = readHostPort(text, at === -1 ? start : at + 1, text.length, false)
  if (hostPort === undefined) return undefined
  let headers = ''
  let end = text.length
  const question = text.indexOf('?', hostPort.end)
  if (question !== -1) {
    end = question
    headers = text.slice(question + 1)
    if (unescapeRange(headers, 0, headers.length, URI_HEADER) === undefined || headers === '') return undefined
  }
  const parameters = parseUriParameters(text, hostPort.end, end)
  if (parameters === undefined) return undefined
  return { kind: 'sip', scheme, user, password, host: hostPort.host, port: hostPort.port, parameters, headers }
}

function parseUriParameters(text: string, start: number, end: number): Parameters | undefined {
  if (start === end) return NO_PARAMETERS
  const parameters = new Map<string, string | undefined>()
  let i = start
  while (i < end) {
    if (text.charCodeAt(i) !== 0x3b) return undefined
    let next = text.indexOf(';', i + 1)
    if (next === -1 || next > end) next = end
    let equals = text.indexOf('=', i + 1)
    if (equals === -1 || equals > next) equals = next
    const name = unescapeRange(text, i + 1, equals, URI_PARAMETER)?.toLowerCase()
    if (name === undefined || name === '') return undefined
    let value: string | undefined
    if (equals < next) {
      value = unescapeRange(text, equals + 1, next, URI_PARAMETER)
      if (value === undefined || value === '') return undefined
    }
    if (parameters.has(name) || parameters.size >= MAXIMUM_PARAMETERS) return undefined
    parameters.set(name, value)
    i = next
  }
  return parameters
}

/** The URI as it is written on the wire, a byte string. */
export function formatUri(uri: Uri): string {
  if (uri.kind === 'opaque') return `${uri.scheme}:${uri.rest}`
  let text = `${uri.scheme}:`
  if (uri.user !== undefined) {
    text += escapeText(uri.user, USER)
    if (uri.password !== undefined) text += `:${escapeText(uri.password, PASSWORD)}`
    text += '@'
  }
  text += formatHost(uri.host)
  if (uri.port !== undefined) text += `:${uri.port}`
  for (const [name, value] of uri.parameters) {
    text += `;${escapeText(name, URI_PARAMETER)}`
    if (value !== undefined) text += `=${escapeText(value, URI_PARAMETER)}`
  }
  return uri.headers === '' ? text : `${text}?${uri.headers}`
}

/** As a Request-URI, of which URI headers are no part (§19.1.1 table 1). */
export function withoutUriHeaders(text: string): string {
  if (!text.includes('?')) return text
  const uri = parseUri(text)
  return uri?.kind === 'sip' && uri.headers !== '' ? formatUri({ ...uri, headers: '' }) : text
}

/** A SIP URI out of its parts; `scheme` is `sip` unless said. */
export function sipUri(parts: {
  readonly scheme?: 'sip' | 'sips'
  readonly user?: string | undefined
  readonly host: string
  readonly port?: number | undefined
  readonly parameters?: Parameters | Readonly<Record<string, string | undefined>>
}): SipUri {
  const given = parts.parameters ?? NO_PARAMETERS
  const parameters = given instanceof Map ? (given as Parameters) : new Map(Object.entries(given))
  return {
    kind: 'sip',
    scheme: parts.scheme ?? 'sip',
    user: parts.user,
    password: undefined,
    host: parts.host.toLowerCase(),
    port: parts.port,
    parameters,
    headers: '',
  }
}

/** Present in one of two equal URIs, these have to be present in the other (§19.1.4). */
const DECISIVE = ['user', 'ttl', 'method', 'maddr', 'transport']

/** Equality by §19.1.4: case matters in the user part only; parameters that only one side has are ignored, but the decisive ones. */
export function uriEquals(a: Uri, b: Uri): boolean {
  if (a.kind === 'opaque' || b.kind === 'opaque') {
    return a.kind === 'opaque' && b.kind === 'opaque' && a.scheme === b.scheme && a.rest === b.rest
  }
  if (a.scheme !== b.scheme || a.user !== b.user || a.password !== b.password) return false
  if (a.host !== b.host || a.port !== b.port) return false
  return parametersMatch(a.parameters, b.parameters) && headersMatch(a.headers, b.headers)
}

function parametersMatch(a: Parameters, b: Parameters): boolean {
  if (a.size === 0 && b.size === 0) return true
  for (const name of DECISIVE) if (a.has(name) !== b.has(name)) return false
  for (const [name, value] of a) {
    if (b.has(name) && b.get(name)?.toLowerCase() !== value?.toLowerCase()) return false
  }
  return true
}

function headersMatch(a: string, b: string): boolean {
  if (a === b) return true
  return normaliseHeaders(a) === normaliseHeaders(b)
}

function normaliseHeaders(headers: string): string {
  const fields = headers.split('&').map(field => {
    const equals = field.indexOf('=')
    const name = equals === -1 ? field : field.slice(0, equals)
    const value = equals === -1 ? '' : field.slice(equals + 1)
    return `${name.toLowerCase()}=${unescapeRange(value, 0, value.length, URI_HEADER) ?? value}`
  })
  return fields.sort().join('&')
}
