/** name-addr and addr-spec with header parameters: From, To, Contact, Route … (RFC 3261 §20.10, §25.1). */
import { endOfQuoted, isAll, skipSpace, TOKEN, unquoteRange, VALUE } from './characters.ts'
import { NO_PARAMETERS, parseParameters } from './headers.ts'
import { quoteString } from './text.ts'
import type { NameAddress, Parameters, Uri } from './types.ts'
import { formatUri, parseUri } from './uri.ts'

/** One address of a list that is already split. Undefined when malformed. */
export function parseNameAddress(text: string): NameAddress | undefined {
  const start = skipSpace(text, 0)
  let displayName: string | undefined
  let open: number
  if (text.charCodeAt(start) === 0x22) {
    const end = endOfQuoted(text, start)
    if (end === -1) return undefined
    displayName = unquoteRange(text, start, end)
    open = skipSpace(text, end)
    if (text.charCodeAt(open) !== 0x3c) return undefined
  } else {
    open = text.indexOf('<', start)
    if (open === -1) return parseAddressSpec(text, start)
    if (open > start) {
      displayName = text.slice(start, open).trimEnd()
      if (!isUnquotedName(displayName)) return undefined
    }
  }
  const close = text.indexOf('>', open)
  if (close === -1) return undefined
  const uri = parseUri(text.slice(open + 1, close))
  const parameters = parseParameters(text, close + 1)
  if (uri === undefined || parameters === undefined) return undefined
  return { displayName, uri, parameters }
}

/** Without brackets, whatever follows a semicolon belongs to the header, and a URI may hold neither comma nor `?` (§20.10). */
function parseAddressSpec(text: string, start: number): NameAddress | undefined {
  const semicolon = text.indexOf(';', start)
  const uriText = text.slice(start, semicolon === -1 ? text.length : semicolon).trimEnd()
  if (uriText.includes('?') || uriText.includes(',')) return undefined
  const uri = parseUri(uriText)
  const parameters = semicolon === -1 ? NO_PARAMETERS : parseParameters(text, semicolon)
  if (uri === undefined || parameters === undefined) return undefined
  return { displayName: undefined, uri, parameters }
}

/** `*(token LWS)`. Deviation: octets of UTF-8 are accepted too; phones send names such as `Jörg <sip:…>`. */
function isUnquotedName(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x20 || code === 0x09 || code > 0x7f) continue
    if (!isAll(text[i]!, TOKEN)) return false
  }
  return true
}

/** `;name=value` for each, quoted where the value is not a token or a host. */
export function formatParameters(parameters: Parameters): string {
  let text = ''
  for (const [name, value] of parameters) {
    text += `;${name}`
    if (value !== undefined) text += isAll(value, VALUE) ? `=${value}` : `=${quoteString(value)}`
  }
  return text
}

/** Always with brackets, so that the URI's parameters stay the URI's. */
export function formatNameAddress(address: NameAddress): string {
  const name = address.displayName
  const prefix = name === undefined ? '' : `${quoteString(name)} `
  return `${prefix}<${formatUri(address.uri)}>${formatParameters(address.parameters)}`
}

/** An address out of its parts. `displayName` is a byte string (`encodeText` makes one of Unicode). */
export function nameAddress(parts: {
  readonly displayName?: string | undefined
  readonly uri: Uri
  readonly parameters?: Parameters | Readonly<Record<string, string | undefined>>
}): NameAddress {
  const given = parts.parameters ?? NO_PARAMETERS
  const parameters = given instanceof Map ? (given as Parameters) : new Map(Object.entries(given))
  return { displayName: parts.displayName, uri: parts.uri, parameters }
}
