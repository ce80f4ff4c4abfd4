/** As much of SIP as a generator needs, and no more: it must not be the bottleneck. Text is Latin-1. */
import { hash } from 'node:crypto'

/** The first value of a header that is written `Name: value`, or an empty text. */
export function headerOf(message: string, name: string): string {
  const at = message.indexOf(`\r\n${name}: `)
  if (at < 0) return ''
  const from = at + name.length + 4
  return message.slice(from, message.indexOf('\r\n', from))
}

/** All lines of the header, as they are. */
export function headerLines(message: string, name: string): string {
  let lines = ''
  for (let at = message.indexOf(`\r\n${name}: `); at >= 0; at = message.indexOf(`\r\n${name}: `, at + 2)) {
    lines += `${message.slice(at + 2, message.indexOf('\r\n', at + 2))}\r\n`
  }
  return lines
}

/** 0 for a request. */
export function statusOf(message: string): number {
  return message.startsWith('SIP/2.0 ') ? Number(message.slice(8, 11)) : 0
}

export function uriOf(value: string): string {
  const from = value.indexOf('<') + 1
  return from === 0 ? value : value.slice(from, value.indexOf('>', from))
}

function parameterOf(value: string, name: string): string {
  const at = value.indexOf(`${name}="`)
  if (at < 0) return ''
  const from = at + name.length + 2
  return value.slice(from, value.indexOf('"', from))
}

export interface Account {
  readonly username: string
  readonly password: string
  /** HA1 by algorithm, computed once. */
  readonly secrets: Map<string, string>
}

/** Answers the topmost challenge (RFC 8760 §2.4): SHA-256 where it is offered first, else MD5. */
export function credentials(challenge: string, account: Account, method: string, uri: string, cnonce: string): string {
  const sha256 = /algorithm="?SHA-256/i.test(challenge)
  const kind = sha256 ? 'sha256' : 'md5'
  const realm = parameterOf(challenge, 'realm')
  const nonce = parameterOf(challenge, 'nonce')
  let secret = account.secrets.get(kind)
  if (secret === undefined) {
    secret = hash(kind, `${account.username}:${realm}:${account.password}`)
    account.secrets.set(kind, secret)
  }
  const response = hash(kind, `${secret}:${nonce}:00000001:${cnonce}:auth:${hash(kind, `${method}:${uri}`)}`)
  const opaque = parameterOf(challenge, 'opaque')
  return (
    `Digest username="${account.username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", ` +
    `algorithm=${sha256 ? 'SHA-256' : 'MD5'}, qop=auth, nc=00000001, cnonce="${cnonce}"` +
    (opaque === '' ? '' : `, opaque="${opaque}"`)
  )
}

/** Cuts a stream into messages by Content-Length (RFC 3261 §18.3). */
export function createFramer(take: (message: string) => void): (chunk: Buffer) => void {
  let rest = ''
  return chunk => {
    const text = rest + chunk.toString('latin1')
    let from = 0
    for (;;) {
      const end = text.indexOf('\r\n\r\n', from)
      if (end < 0) break
      const head = text.slice(from, end + 4)
      const to = end + 4 + Number(headerOf(head, 'Content-Length') || 0)
      if (to > text.length) break
      take(text.slice(from, to))
      from = to
    }
    rest = text.slice(from)
  }
}
