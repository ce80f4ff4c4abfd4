/** The called phone: rings, answers, hangs up when it is told to. It keeps nothing but what RFC 3261 makes it. */
import type { Line } from './connections.ts'
import { headerLines, headerOf } from './sip-text.ts'

const STRONG = 'AES_256_CM_HMAC_SHA1_80'
const USUAL = 'AES_CM_128_HMAC_SHA1_80'

/** Takes AES-256 where it is offered: the two legs of a call then have suites of their own. */
function answerTo(offer: string, key: string): string {
  const strong = offer.includes(` ${STRONG} `)
  const suite = strong ? STRONG : USUAL
  const tag = new RegExp(`a=crypto:(\\d+) ${suite} `).exec(offer)?.[1] ?? '1'
  // 46 octets for AES-256, the first 30 of them for AES-128: a whole number of base64's groups.
  const inline = strong ? key : key.slice(0, 40)
  return (
    'v=0\r\no=callee 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 16002 RTP/SAVP 0\r\n' +
    `a=crypto:${tag} ${suite} inline:${inline}\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n`
  )
}

export class Callee {
  readonly #ringMs: number
  readonly #key: string
  readonly #onOffer: ((from: string, sdp: string) => void) | undefined
  #line: Line | undefined
  #count = 0
  #closing = false

  /** `key`: 46 octets in base64. */
  constructor(ringMs: number, key: string, onOffer?: (from: string, sdp: string) => void) {
    this.#onOffer = onOffer
    this.#ringMs = ringMs
    this.#key = key
  }

  use(line: Line): void {
    this.#line = line
  }

  close(): void {
    this.#closing = true
    this.#line?.close()
  }

  lost(why: string): void {
    if (!this.#closing) console.error(`callee: ${why}`)
  }

  take(message: string): void {
    if (message.startsWith('INVITE ')) this.#ring(message)
    else if (message.startsWith('BYE ')) this.#respond(message, '200 OK', '', '', '')
    else if (message.startsWith('OPTIONS ')) this.#respond(message, '200 OK', `;tag=c${this.#count++}`, '', '')
  }

  #ring(invite: string): void {
    const tag = `;tag=c${process.pid}-${this.#count++}`
    const contact = `Contact: <sip:callee@127.0.0.1:${this.#line!.localPort};transport=tls>\r\n`
    this.#respond(invite, '180 Ringing', tag, contact, '')
    if (this.#onOffer !== undefined) {
      const from = /sip:([^@>;]+)@/.exec(headerOf(invite, 'From'))?.[1] ?? ''
      this.#onOffer(from, invite)
    }
    const body = answerTo(invite, this.#key)
    const type = `${contact}Content-Type: application/sdp\r\n`
    if (this.#ringMs === 0) this.#respond(invite, '200 OK', tag, type, body)
    else setTimeout(() => this.#respond(invite, '200 OK', tag, type, body), this.#ringMs)
  }

  #respond(request: string, status: string, tag: string, more: string, body: string): void {
    const head = request.slice(0, request.indexOf('\r\n\r\n') + 2)
    this.#line!.send(
      `SIP/2.0 ${status}\r\n${headerLines(head, 'Via')}${headerLines(head, 'Record-Route')}` +
        `From: ${headerOf(head, 'From')}\r\nTo: ${headerOf(head, 'To')}${tag}\r\nCall-ID: ${headerOf(head, 'Call-ID')}\r\n` +
        `CSeq: ${headerOf(head, 'CSeq')}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`,
    )
  }
}
