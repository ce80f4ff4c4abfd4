/** The Identity header (RFC 8224 §4): `token;info=<uri>;alg=ES256;ppt=shaken`. */

export interface IdentityHeader {
  readonly token: string
  /** Undefined where it is missing. */
  readonly info: string | undefined
  readonly alg: string | undefined
  readonly ppt: string | undefined
}

export const MAXIMUM_IDENTITY_LENGTH = 4_096

/** Undefined: malformed, or longer than any that is honest. */
export function parseIdentity(value: string): IdentityHeader | undefined {
  if (value.length > MAXIMUM_IDENTITY_LENGTH) return undefined
  const [token = '', ...rest] = value.split(';').map(part => part.trim())
  if (!/^[A-Za-z0-9_.-]+$/.test(token)) return undefined
  const parameters = new Map<string, string>()
  // A URI may hold semicolons; what belongs to `info` runs to its closing bracket.
  for (const part of rejoined(rest)) {
    const equals = part.indexOf('=')
    if (equals <= 0) return undefined
    const name = part.slice(0, equals).trim().toLowerCase()
    if (parameters.has(name)) return undefined
    parameters.set(name, part.slice(equals + 1).trim())
  }
  const info = parameters.get('info')
  const bracketed = info === undefined ? undefined : /^<([^<>\s]+)>$/.exec(info)?.[1]
  if (info !== undefined && bracketed === undefined) return undefined
  return { token, info: bracketed, alg: unquoted(parameters.get('alg')), ppt: unquoted(parameters.get('ppt')) }
}

function rejoined(parts: readonly string[]): readonly string[] {
  const whole: string[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (last?.includes('<') === true && !last.includes('>')) whole[whole.length - 1] = `${last};${part}`
    else if (part !== '') whole.push(part)
  }
  return whole
}

function unquoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (/^"([^"\\]*)"$/.exec(text)?.[1] ?? text)
}
