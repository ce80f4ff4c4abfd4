/**
 * A provider that means ill, or was never tested: sockets and text, nothing of the product's own stack. Over TLS or UDP it hears
 * whole messages, answers OPTIONS and REGISTER as one should, and does with calls what its script says.
 */
import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { createTestAuthority } from '../../../src/sip/transport/test-certificates.ts'
import { eventually } from '../places.ts'

export interface Heard {
  readonly text: string
  /** Undefined for answers. */
  readonly method: string | undefined
  readonly status: number | undefined
  header(name: string): string | undefined
  readonly body: string
  /** Sends these octets the way that the message came. */
  send(octets: string): void
  /** Closes the connection that it came over. */
  close(): void
}

export interface Answer {
  readonly reason?: string
  /** Tag of To; default `hostile`. Null: none. */
  readonly tag?: string | null
  readonly headers?: readonly string[]
  readonly body?: string
  /** Replaces what was made, octet by octet. */
  readonly change?: (text: string) => string
}

export type Script = Partial<Record<string, (heard: Heard, peer: HostilePeer) => void>>

export interface HostilePeer {
  readonly address: string
  readonly port: number
  readonly transport: 'TLS' | 'UDP'
  readonly caPem: string | undefined
  readonly heard: readonly Heard[]
  /** What is done with each method; OPTIONS, REGISTER, BYE and CANCEL have a decent default. */
  play(script: Script): void
  answer(heard: Heard, status: number, answer?: Answer): void
  /** A request of ours within the dialog that the INVITE began. */
  request(invite: Heard, method: string, parts?: { headers?: readonly string[]; body?: string; tag?: string }): void
  waitFor(matches: (heard: Heard) => boolean, timeoutMs: number, what: string): Promise<Heard>
  stop(): Promise<void>
}

export async function startHostilePeer(transport: 'TLS' | 'UDP', address: string): Promise<HostilePeer> {
  const heard: Heard[] = []
  let script: Script = {}
  let sequence = 1000
  const take = (text: string, send: (octets: string) => void, close: () => void): void => {
    const message = hear(text, send, close)
    if (heard.length < 5000) heard.push(message)
    const action = message.method === undefined ? undefined : (script[message.method] ?? DECENT[message.method])
    action?.(message, peer)
  }
  const socket = transport === 'TLS' ? await listenTls(address, take) : await listenUdp(address, take)
  const peer: HostilePeer = {
    address,
    transport,
    heard,
    ...socket,
    play(next) {
      script = next
      heard.length = 0
    },
    answer(to, status, answer = {}) {
      const text = answerText(to, status, answer, `<sip:hostile@${address}:${socket.port};transport=${transport}>`)
      to.send(answer.change?.(text) ?? text)
    },
    request(invite, method, parts = {}) {
      const { headers = [], body = '', tag = 'hostile' } = parts
      const target = /<([^>]+)>/.exec(invite.header('Contact') ?? '')?.[1] ?? 'sip:nobody@invalid'
      const lines = [
        `${method} ${target} SIP/2.0`,
        `Via: SIP/2.0/${transport} ${address}:${socket.port};branch=z9hG4bKhostile${++sequence};rport`,
        `Max-Forwards: 70`,
        `From: ${invite.header('To')};tag=${tag}`,
        `To: ${invite.header('From')}`,
        `Call-ID: ${invite.header('Call-ID')}`,
        `CSeq: ${sequence} ${method}`,
        `Contact: <sip:hostile@${address}:${socket.port};transport=${transport}>`,
        ...headers,
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${Buffer.byteLength(body)}`,
      ]
      invite.send(`${lines.join('\r\n')}\r\n\r\n${body}`)
    },
    waitFor: (matches, timeoutMs, what) => eventually(() => heard.find(matches), timeoutMs, what),
  }
  return peer
}

const DECENT: Script = {
  OPTIONS: (heard, peer) => peer.answer(heard, 200),
  REGISTER: (heard, peer) =>
    peer.answer(heard, 200, { headers: [`Contact: ${heard.header('Contact')};expires=3600`, 'X-Hostile: no'] }),
  BYE: (heard, peer) => peer.answer(heard, 200),
  CANCEL(heard, peer) {
    peer.answer(heard, 200)
    const invite = peer.heard.findLast(({ method }) => method === 'INVITE')
    if (invite !== undefined) peer.answer(invite, 487)
  },
}

type Take = (text: string, send: (octets: string) => void, close: () => void) => void

interface Listening {
  readonly port: number
  readonly caPem: string | undefined
  stop(): Promise<void>
}

async function listenTls(address: string, take: Take): Promise<Listening> {
  const authority = await createTestAuthority('Authority of a hostile provider')
  const { certificateChainPem: cert, privateKeyPem: key } = await authority.issue([address])
  const open = new Set<TLSSocket>()
  const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, socket => {
    open.add(socket)
    socket.once('close', () => open.delete(socket)).on('error', () => {})
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      for (let message = cut(text); message !== undefined; message = cut(text)) {
        text = text.slice(message.length).replace(/^(\r\n)+/, '')
        take(
          message,
          octets => void (socket.destroyed || socket.write(Buffer.from(octets, 'latin1'))),
          () => socket.destroy(),
        )
      }
      if (/^(\r\n){2,}$/.test(text)) {
        socket.write('\r\n')
        text = ''
      }
    })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>(done => server.listen(0, address, done))
  return {
    port: (server.address() as AddressInfo).port,
    caPem: authority.certificatePem,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise<void>(done => server.close(() => done()))
    },
  }
}

async function listenUdp(address: string, take: Take): Promise<Listening> {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  socket.on('message', (octets, { address: to, port }) => {
    if (octets.length < 20) return
    const send = (text: string): void => socket.send(Buffer.from(text, 'latin1'), port, to)
    take(octets.toString('latin1'), send, () => {})
  })
  await new Promise<void>(done => socket.bind(0, address, done))
  return {
    port: socket.address().port,
    caPem: undefined,
    stop: () => new Promise<void>(done => socket.close(() => done())),
  }
}

/** The first whole message of a stream. */
function cut(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0 || text.startsWith('\r\n')) return undefined
  const length = Number(/^(?:Content-Length|l)\s*:\s*(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0)
  return text.length < end + 4 + length ? undefined : text.slice(0, end + 4 + length)
}

function hear(text: string, send: (octets: string) => void, close: () => void): Heard {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  const status = /^SIP\/2\.0 (\d{3})/.exec(head)?.[1]
  return {
    text,
    body,
    method: status === undefined ? /^([A-Z]+) /.exec(head)?.[1] : undefined,
    status: status === undefined ? undefined : Number(status),
    header: name => new RegExp(`^${name}\\s*:\\s*(.*?)\\r?$`, 'im').exec(head)?.[1],
    send,
    close,
  }
}

function answerText(to: Heard, status: number, answer: Answer, contact: string): string {
  const { reason = 'As It Likes', tag = 'hostile', headers = [], body = '' } = answer
  const own = (name: string): boolean => headers.some(line => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  const head = to.text.slice(0, to.text.indexOf('\r\n\r\n')).split('\r\n')
  const copied = head.filter(line => /^(Via|From|Call-ID|CSeq|Record-Route)\s*:/i.test(line))
  const toValue = to.header('To') ?? ''
  const lines = [
    `SIP/2.0 ${status} ${reason}`,
    ...copied,
    `To: ${toValue}${tag === null || toValue.includes(';tag=') ? '' : `;tag=${tag}`}`,
    ...(own('Contact') ? [] : [`Contact: ${contact}`]),
    ...headers.filter(line => line !== 'Contact:'),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** An answer to the offer in `invite` that is as it should be: its first suite of this name, SRTP. */
export function decentAnswer(invite: Heard, address: string): string {
  const offered = /^a=crypto:(\d+) (AES_CM_128_HMAC_SHA1_80) /m.exec(invite.body)
  const key = Buffer.from('0123456789abcdefghijklmnopqrst').toString('base64')
  const crypto = offered === null ? [] : [`a=crypto:${offered[1]} ${offered[2]} inline:${key}`]
  return sessionDescription(address, offered === null ? 'RTP/AVP' : 'RTP/SAVP', crypto)
}

export function sessionDescription(address: string, profile: string, attributes: readonly string[] = []): string {
  const session = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0']
  const audio = [`m=audio 30000 ${profile} 0`, 'a=rtpmap:0 PCMU/8000']
  return [...session, ...audio, ...attributes, ''].join('\r\n')
}
