/** A phone with an account and bad manners: its requests carry right credentials, whatever else is wrong with them. */
import { answerChallenge } from '../../../src/sip/auth/answer.ts'
import type { PhoneCredentials } from '../../support/phone-credentials.ts'
import { openRaw, type RawConnection, rawRequest } from '../../support/raw-sip.ts'
import type { Random } from '../engine/random.ts'
import type { Door } from './ground.ts'
import type { Exchange } from './strangers.ts'
import { disturb, INVITE, ownRequest, requestWithin } from './inputs.ts'

/** Messages of an authenticated flow in a second that the firewall lets pass: 200. */
const PACE_MS = 7
const ATTEMPTS = 6
let counter = 0

export class Insider {
  readonly #raw: RawConnection
  readonly #account: PhoneCredentials
  readonly #random: Random
  readonly #exchange: Exchange
  #challenge = ''
  #count = 0

  private constructor(raw: RawConnection, account: PhoneCredentials, random: Random, exchange: Exchange) {
    this.#raw = raw
    this.#account = account
    this.#random = random
    this.#exchange = exchange
  }

  /** Connected over TLS, registered, at once or when the server is no longer busy. What goes either way is added to `exchange`. */
  static async register(
    door: Door,
    ca: string,
    account: PhoneCredentials,
    random: Random,
    exchange: Exchange,
  ): Promise<Insider> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const raw = await openRaw({ ...door, ca })
      raw.socket.on('data', (chunk: Buffer) => {
        exchange.octetsReceived += chunk.length
      })
      const insider = new Insider(raw, account, random, exchange)
      if (await insider.#logIn()) return insider
      raw.destroy()
    }
    throw new Error('the account does not register')
  }

  async #logIn(): Promise<boolean> {
    const request = (): string =>
      rawRequest({ method: 'REGISTER', uri: 'sip:example.com', from: 'sip:201@example.com' })
    this.#raw.send(request())
    const answer = await this.#raw.waitFor(/^WWW-Authenticate: (Digest .*algorithm=MD5.*)$/im, 5_000)
    if (answer === undefined) return false
    this.#challenge = answer[1]!
    this.#raw.send(this.#authorised(request()))
    return (await this.#raw.waitFor(/SIP\/2\.0 200/, 5_000)) !== undefined
  }

  get open(): boolean {
    return this.#raw.open
  }

  /** Credentials for what the start line says now, in both places. */
  #authorised(text: string): string {
    const { username, password } = this.#account
    const [method = '', uri = ''] = text.split('\r\n', 1)[0]!.split(' ')
    const nonceCount = ++this.#count
    const answer = answerChallenge({ challengeHeaders: [this.#challenge], username, password, method, uri, nonceCount })
    const header = method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization'
    return answer === undefined ? text : text.replace('\r\n', `\r\n${header}: ${answer}\r\n`)
  }

  async send(text: string): Promise<void> {
    if (this.#raw.open) this.#raw.send(text)
    this.#exchange.sent++
    this.#exchange.octetsSent += text.length
    await new Promise(done => setTimeout(done, PACE_MS))
  }

  /** A request outside any dialog, with a name of its own. */
  async disturbServer(): Promise<void> {
    const text = disturb(fresh(ownRequest(this.#random)), this.#random)
    await this.send(this.#authorised(text))
  }

  /** A call that is answered, then `count` requests within it. Returns the statuses that came back. */
  async disturbCall(count: number): Promise<readonly number[]> {
    const from = this.#raw.received().length
    const invite = this.#authorised(fresh(INVITE))
    const callId = /^Call-ID: (.*)$/m.exec(invite)![1]!.trim()
    await this.send(invite)
    const answer = await this.#raw.waitFor(
      new RegExp(`SIP/2\\.0 200[\\s\\S]*?Call-ID: ${callId}[\\s\\S]*?\\r\\n\\r\\n`),
      5_000,
      from,
    )
    if (answer === undefined) return []
    const to = /^To: (.*)$/m.exec(answer[0])![1]!.trim()
    const target = /^Contact: <([^>]*)>/m.exec(answer[0])?.[1] ?? 'sip:x'
    const within = (text: string): string =>
      fresh(text)
        .replace(/^(\w+) \S+/, `$1 ${target}`)
        .replace(/^To: .*$/m, `To: ${to}`)
        .replace(/^Call-ID: .*$/m, `Call-ID: ${callId}`)
    await this.send(
      within(
        invite
          .replace(/^INVITE/, 'ACK')
          .replace(/^CSeq: (\d+) INVITE/m, 'CSeq: $1 ACK')
          .replace(/Content-Length[\s\S]*$/, 'Content-Length: 0\r\n\r\n'),
      ),
    )
    for (let i = 0; i < count && this.#raw.open; i++) {
      await this.send(this.#authorised(disturb(within(requestWithin(this.#random)), this.#random)))
    }
    return [
      ...this.#raw
        .received()
        .slice(from)
        .matchAll(/^SIP\/2\.0 (\d{3})/gm),
    ].map(match => Number(match[1]))
  }

  leave(): void {
    this.#raw.destroy()
  }
}

/** Another branch, Call-ID, and a higher CSeq. */
function fresh(text: string): string {
  const number = ++counter
  return text
    .replace(/branch=z9hG4bK\w+/, `branch=z9hG4bKfuzz${number}`)
    .replace(/^Call-ID: .*$/m, `Call-ID: fuzz-${process.pid}-${number}`)
    .replace(/^CSeq: \d+/m, `CSeq: ${314_159 + number}`)
}
