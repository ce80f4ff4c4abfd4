/** The session's cookie: of this host alone, over TLS alone, out of reach of scripts, and sent by nobody else's page. */
const NAME = '__Host-ringfence'

export function sessionCookie(token: string): string {
  return `${NAME}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`
}

export function endedCookie(): string {
  return `${NAME}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`
}

/** Undefined: none, or more than one of that name. */
export function tokenOf(header: string | undefined): string | undefined {
  return cookieOf(header, NAME)
}

/** Undefined: none, an empty one, or more than one of that name. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '')
    .split(';')
    .map(part => part.trim())
    .filter(part => part.startsWith(`${name}=`))
    .map(part => part.slice(name.length + 1))
  return found.length === 1 && found[0] !== '' ? found[0] : undefined
}
