/** Bytes to and from a SIP port, with nothing in between: what an attacker has. */
import { createHash } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface RawConnection {
  readonly socket: Socket
  readonly localPort: number
  send(bytes: string | Buffer): void
  /** All that came, as a byte string. */
  received(): string
  /** Waits for what comes after `from` characters; undefined when it does not come in time. */
  waitFor(pattern: RegExp, timeoutMs: number, from?: number): Promise<RegExpExecArray | undefined>
  readonly closed: Promise<void>
  readonly open: boolean
  destroy(): void
}

export interface RawOptions {
  readonly address: string
  readonly port: number
  /** PEM of the authority; undefined: plain TCP. */
  readonly ca?: string
  /** The address to come from, e.g. 127.0.0.66. */
  readonly localAddress?: string
}

export async function openRaw(options: RawOptions): Promise<RawConnection> {
  const { address, port, ca, localAddress } = options
  const where = { host: address, port, ...(localAddress === undefined ? {} : { localAddress }) }
  const socket: Socket =
    ca === undefined
      ? connectTcp(where)
      : connectTls({ ...where, ca, checkServerIdentity: () => undefined, minVersion: 'TLSv1.2' })
  await new Promise<void>((done, failed) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', done)
    socket.once('error', failed)
  })
  socket.on('error', () => {})
  socket.setNoDelay(true)
  let text = ''
  let open = true
  const listeners = new Set<() => void>()
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    for (const listener of listeners) listener()
  })
  const closed = new Promise<void>(done =>
    socket.once('close', () => {
      open = false
      for (const listener of listeners) listener()
      done()
    }),
  )
  return {
    socket,
    localPort: socket.localPort ?? 0,
    send: bytes => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    received: () => text,
    waitFor(pattern, timeoutMs, from = 0) {
      const found = Promise.withResolvers<RegExpExecArray | undefined>()
      const finish = (match: RegExpExecArray | undefined): void => {
        clearTimeout(timer)
        listeners.delete(look)
        found.resolve(match)
      }
      const look = (): void => {
        const match = pattern.exec(text.slice(from))
        if (match !== null) finish(match)
        else if (!open) finish(undefined)
      }
      const timer = setTimeout(() => finish(undefined), timeoutMs)
      listeners.add(look)
      look()
      return found.promise
    },
    closed,
    get open() {
      return open
    },
    destroy: () => socket.destroy(),
  }
}

export interface RawRequest {
  readonly method: string
  readonly uri: string
  readonly from: string
  readonly to?: string
  readonly callId?: string
  readonly sequence?: number
  readonly headers?: readonly string[]
  readonly body?: string
  readonly transport?: string
  readonly branch?: string
}

let counter = 0

/** A well-formed request, CRLF and all. */
export function rawRequest(request: RawRequest): string {
  const number = ++counter
  const { method, uri, from, body = '' } = request
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${request.transport ?? 'TLS'} 127.0.0.1:5999;branch=${request.branch ?? `z9hG4bKraw${process.pid}x${number}`};rport`,
    'Max-Forwards: 70',
    `From: <${from}>;tag=raw${number}`,
    `To: <${request.to ?? from}>`,
    `Call-ID: ${request.callId ?? `raw-${process.pid}-${number}@attack`}`,
    `CSeq: ${request.sequence ?? 1} ${method}`,
    'Contact: <sip:raw@127.0.0.1:5999;transport=tls>',
    ...(request.headers ?? []),
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** Answers the MD5 challenge in a 401 or 407: an Authorization header, nonce count 1. */
export function rawAuthorization(
  response: string,
  user: { readonly username: string; readonly password: string },
  method: string,
  uri: string,
): string {
  const challenge = /^(WWW|Proxy)-Authenticate: Digest (.*algorithm=MD5.*)$/im.exec(response)
  if (challenge === null) throw new Error('no MD5 challenge')
  const parameter = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(challenge[2]!)?.[1] ?? ''
  const hash = (text: string): string => createHash('md5').update(text).digest('hex')
  const [realm, nonce] = [parameter('realm'), parameter('nonce')]
  const secret = hash(`${user.username}:${realm}:${user.password}`)
  const digest = hash(`${secret}:${nonce}:00000001:abcdef:auth:${hash(`${method}:${uri}`)}`)
  const header = challenge[1]!.toUpperCase() === 'PROXY' ? 'Proxy-Authorization' : 'Authorization'
  return (
    `${header}: Digest username="${user.username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${digest}", cnonce="abcdef", nc=00000001, qop=auth, algorithm=MD5`
  )
}

export const SECURE_SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 16000 RTP/SAVP 0',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n')
