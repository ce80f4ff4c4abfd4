/** Phones that register, all over one line. */
import type { Line } from './connections.ts'
import type { Tally } from './report.ts'
import { type Account, credentials, headerOf, statusOf } from './sip-text.ts'

interface Pending {
  readonly account: Account
  readonly began: number
  text: string
  sentAt: number
  tries: number
}

/** RFC 3261 §17.1.2.2: T1, and how often. */
const REPEAT_AFTER_MS = 500
const MOST_TRIES = 6

export class Registering {
  readonly #domain: string
  readonly #tally: Tally
  readonly #pending = new Map<string, Pending>()
  #line: Line | undefined

  constructor(domain: string, tally: Tally) {
    this.#domain = domain
    this.#tally = tally
  }

  use(line: Line): void {
    this.#line = line
  }

  begin(account: Account, index: number): void {
    const callId = `${process.pid}-${index}`
    const now = performance.now()
    const text = this.#request(account, callId, 1, '')
    this.#pending.set(callId, { account, began: now, text, sentAt: now, tries: 1 })
    this.#line!.send(text)
  }

  take(message: string): void {
    const callId = headerOf(message, 'Call-ID')
    const pending = this.#pending.get(callId)
    const status = statusOf(message)
    if (pending === undefined || status < 200) return
    const first = headerOf(message, 'CSeq').startsWith('1 ')
    if (status === 401 && first) {
      if (!pending.text.includes('\r\nCSeq: 1 ')) return
      const uri = `sip:${this.#domain}`
      const challenge = headerOf(message, 'WWW-Authenticate')
      const value = credentials(challenge, pending.account, 'REGISTER', uri, callId)
      pending.text = this.#request(pending.account, callId, 2, `Authorization: ${value}\r\n`)
      pending.sentAt = performance.now()
      pending.tries = 1
      this.#line!.send(pending.text)
      return
    }
    if (first) return
    this.#pending.delete(callId)
    this.#tally.measured(performance.now() - pending.began)
    if (status === 200) this.#tally.succeed()
    else this.#tally.fail(message.slice(8, message.indexOf('\r\n')))
  }

  /** Over UDP: sends again what has no answer. */
  repeat(): void {
    const now = performance.now()
    for (const [callId, pending] of this.#pending) {
      if (now - pending.sentAt < REPEAT_AFTER_MS * 2 ** (pending.tries - 1)) continue
      if (pending.tries >= MOST_TRIES) {
        this.#pending.delete(callId)
        this.#tally.fail('no answer')
        continue
      }
      pending.tries++
      this.#tally.retransmitted++
      this.#line!.send(pending.text)
    }
  }

  /** Whatever still waits will not come. */
  abandon(): void {
    for (let i = this.#pending.size; i > 0; i--) this.#tally.fail('no answer')
    this.#pending.clear()
  }

  #request({ username }: Account, callId: string, sequence: number, authorization: string): string {
    const { protocol, localPort } = this.#line!
    const aor = `sip:${username}@${this.#domain}`
    return (
      `REGISTER sip:${this.#domain} SIP/2.0\r\n` +
      `Via: SIP/2.0/${protocol} 127.0.0.1:${localPort};branch=z9hG4bK${callId}-${sequence};rport\r\n` +
      `Max-Forwards: 70\r\nFrom: <${aor}>;tag=f${callId}\r\nTo: <${aor}>\r\nCall-ID: ${callId}\r\n` +
      `CSeq: ${sequence} REGISTER\r\n` +
      `Contact: <sip:${username}@127.0.0.1:${localPort};transport=${protocol.toLowerCase()}>\r\n` +
      `Expires: 3600\r\n${authorization}Content-Length: 0\r\n\r\n`
    )
  }
}
