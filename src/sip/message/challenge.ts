/** WWW-Authenticate, Authorization and their Proxy- twins: scheme and parameters (RFC 3261 §25.1, RFC 7616 §3). */
import { endOfQuoted, isToken, scan, skipSpace, TOKEN, unquoteRange } from './characters.ts'
import { MAXIMUM_PARAMETERS } from './error.ts'
import { parameterNameAt } from './headers.ts'

export interface AuthenticationValue {
  /** As sent; compare without regard to case. */
  readonly scheme: string
  /** Names in lower case, values without quotes. Empty where the scheme has no `name=value` syntax. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Undefined when malformed or when a parameter stands twice. */
export function parseChallenge(value: string): AuthenticationValue | undefined {
  const start = skipSpace(value, 0)
  const end = scan(value, start, value.length, TOKEN)
  const scheme = value.slice(start, end)
  let i = skipSpace(value, end)
  if (end === start || i === end || i === value.length) return undefined
  const parameters = new Map<string, string>()
  while (i < value.length) {
    const nameEnd = scan(value, i, value.length, TOKEN)
    const equals = skipSpace(value, nameEnd)
    if (nameEnd === i || value.charCodeAt(equals) !== 0x3d) return undefined
    const name = parameterNameAt(value, i, nameEnd)
    const from = skipSpace(value, equals + 1)
    const to = value.charCodeAt(from) === 0x22 ? endOfQuoted(value, from) : endOfBare(value, from)
    if (to === -1) return undefined
    if (parameters.has(name) || parameters.size >= MAXIMUM_PARAMETERS) return undefined
    parameters.set(name, value.charCodeAt(from) === 0x22 ? unquoteRange(value, from, to) : value.slice(from, to))
    i = skipSpace(value, to)
    if (i === value.length) break
    if (value.charCodeAt(i) !== 0x2c) return undefined
    i = skipSpace(value, i + 1)
    if (i === value.length) return undefined
  }
  return { scheme, parameters }
}

function endOfBare(value: string, from: number): number {
  const end = scan(value, from, value.length, TOKEN)
  return end === from ? -1 : end
}

/** Credentials have the grammar of a challenge; a scheme with opaque credentials (`Basic …`) has no parameters. */
export function parseCredentials(value: string): AuthenticationValue | undefined {
  const parsed = parseChallenge(value)
  if (parsed !== undefined) return parsed
  const space = value.indexOf(' ')
  const scheme = value.slice(0, space)
  if (space < 1 || !isToken(scheme) || scheme.toLowerCase() === 'digest') return undefined
  return /^[A-Za-z0-9\-._~+/]+={0,2}$/.test(value.slice(space + 1).trim())
    ? { scheme, parameters: new Map() }
    : undefined
}
