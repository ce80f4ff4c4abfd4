/** The calling phones, all over one connection. */
import { CALLEE } from '../servers/server.ts'
import type { Line } from './connections.ts'
import type { Tally } from './report.ts'
import { type Account, credentials, headerLines, headerOf, statusOf, uriOf } from './sip-text.ts'

export interface CallerOptions {
  readonly domain: string
  readonly tally: Tally
  /** Undefined: until `hangUp`. */
  readonly talkMs: number | undefined
  /** 30 octets in base64. */
  readonly key: string
  /** Hears what each caller's phone is answered with. */
  readonly onAnswer?: (username: string, sdp: string) => void
}

interface OpenCall {
  readonly account: Account
  readonly callId: string
  readonly began: number
  /** The CSeq that waits for its answer. */
  sequence: number
  dialog: string
}

export class Caller {
  readonly #options: CallerOptions
  readonly #calls = new Map<string, OpenCall>()
  readonly #uri: string
  #line: Line | undefined
  #established = 0

  constructor(options: CallerOptions) {
    this.#options = options
    this.#uri = `sip:${CALLEE}@${options.domain}`
  }

  use(line: Line): void {
    this.#line = line
  }

  begin(account: Account, index: number): void {
    const callId = `${process.pid}c${index}`
    const call = { account, callId, began: performance.now(), sequence: 1, dialog: '' }
    this.#calls.set(callId, call)
    this.#invite(call, '')
  }

  get established(): number {
    return this.#established
  }

  /** Ends all calls that have no end of their own. */
  hangUp(): void {
    for (const call of this.#calls.values()) if (call.dialog !== '') this.#inDialog(call, 'BYE')
  }

  lost(why: string): void {
    for (const _call of this.#calls.values()) this.#options.tally.fail(why)
    this.#calls.clear()
  }

  abandon(): void {
    this.lost('no answer')
  }

  take(message: string): void {
    const status = statusOf(message)
    const call = this.#calls.get(headerOf(message, 'Call-ID'))
    if (call === undefined || status < 200) return
    const sequence = headerOf(message, 'CSeq')
    // An answer to what is over already.
    if (!sequence.startsWith(`${call.sequence} `)) return
    if (sequence.endsWith(' BYE')) this.#ended(call, status)
    else if (status === 407 && call.sequence === 1) this.#prove(call, message)
    else if (status === 200) this.#answered(call, message)
    else this.#refused(call, message)
  }

  #refused(call: OpenCall, message: string): void {
    this.#acknowledge(call, message)
    this.#calls.delete(call.callId)
    this.#options.tally.fail(message.slice(8, message.indexOf('\r\n')))
  }

  #prove(call: OpenCall, message: string): void {
    this.#acknowledge(call, message)
    const challenge = headerOf(message, 'Proxy-Authenticate')
    const value = credentials(challenge, call.account, 'INVITE', this.#uri, call.callId)
    call.sequence = 2
    this.#invite(call, `Proxy-Authorization: ${value}\r\n`)
  }

  #answered(call: OpenCall, message: string): void {
    const { tally, talkMs } = this.#options
    const { callId } = call
    tally.measured(performance.now() - call.began)
    // RFC 3261 §12.1.2: the route set is Record-Route in reverse.
    const routes = headerLines(message, 'Record-Route').split('\r\n').slice(0, -1).toReversed()
    const route = routes.map(line => `${line.slice('Record-'.length)}\r\n`).join('')
    const uri = uriOf(headerOf(message, 'Contact'))
    const parties = `From: ${headerOf(message, 'From')}\r\nTo: ${headerOf(message, 'To')}\r\nCall-ID: ${callId}\r\n`
    call.dialog = `${uri} SIP/2.0\r\n${route}${parties}Max-Forwards: 70\r\n`
    this.#inDialog(call, 'ACK')
    call.sequence++
    this.#established++
    this.#options.onAnswer?.(call.account.username, message)
    if (talkMs === undefined) return
    setTimeout(() => {
      if (this.#calls.has(callId)) this.#inDialog(call, 'BYE')
    }, talkMs)
  }

  #ended(call: OpenCall, status: number): void {
    this.#calls.delete(call.callId)
    if (status === 200) this.#options.tally.succeed()
    else this.#options.tally.fail(`BYE was answered ${status}`)
  }

  #via({ callId, sequence }: OpenCall, method: string): string {
    return `Via: SIP/2.0/TLS 127.0.0.1:${this.#line!.localPort};branch=z9hG4bK${callId}-${sequence}${method};rport\r\n`
  }

  #inDialog(call: OpenCall, method: 'ACK' | 'BYE'): void {
    const sequence = `CSeq: ${call.sequence} ${method}\r\nContent-Length: 0\r\n\r\n`
    this.#line!.send(`${method} ${call.dialog}${this.#via(call, method)}${sequence}`)
  }

  /** Of a refusal, within its transaction (RFC 3261 §17.1.1.3). */
  #acknowledge(call: OpenCall, message: string): void {
    const { callId, sequence } = call
    this.#line!.send(
      `ACK ${this.#uri} SIP/2.0\r\n${this.#via(call, 'INVITE')}Max-Forwards: 70\r\nFrom: ${headerOf(message, 'From')}\r\n` +
        `To: ${headerOf(message, 'To')}\r\nCall-ID: ${callId}\r\nCSeq: ${sequence} ACK\r\nContent-Length: 0\r\n\r\n`,
    )
  }

  #invite(call: OpenCall, authorization: string): void {
    const { domain, key } = this.#options
    const { callId, sequence } = call
    const { username } = call.account
    const body =
      `v=0\r\no=${username} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 16000 RTP/SAVP 0\r\n` +
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n`
    this.#line!.send(
      `INVITE ${this.#uri} SIP/2.0\r\n${this.#via(call, 'INVITE')}Max-Forwards: 70\r\n` +
        `From: <sip:${username}@${domain}>;tag=f${callId}\r\nTo: <${this.#uri}>\r\nCall-ID: ${callId}\r\n` +
        `CSeq: ${sequence} INVITE\r\nContact: <sip:${username}@127.0.0.1:${this.#line!.localPort};transport=tls>\r\n` +
        `${authorization}Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  }
}
