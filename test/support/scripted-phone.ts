/** A phone that does what a test says, message by message: no retransmissions, no opinions. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Device, Extension, Organisation } from '../../src/directory/types.ts'
import { answerChallenge } from '../../src/sip/auth/answer.ts'
import { createUacDialog, createUasDialog, type Dialog } from '../../src/sip/dialog/dialog.ts'
import { buildRequest, buildResponse, type HeaderPair } from '../../src/sip/message/build.ts'
import { prependHeader } from '../../src/sip/message/change.ts'
import { serialise } from '../../src/sip/message/serialise.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import type { Flow, TransportProtocol } from '../../src/sip/transport/types.ts'

/** Where a scripted phone lives: the call room in memory, or a running server. */
export interface PhoneWorld {
  readonly network: {
    open(protocol: TransportProtocol, address: string, receive: (message: SipMessage) => void): Flow
    toServer(flow: Flow, octets: Buffer): void
  }
  closeFlow(flow: Flow): void
  /** All that is under way has come. */
  settle(): Promise<void>
  /** How a message is waited for. Default: 40 turns of the event loop. */
  readonly waiting?: { readonly turns: number; turn(): Promise<void> }
}

export interface Account {
  readonly device: Device
  readonly extension: Extension
  readonly organisation: Organisation
  readonly password: string
}

export interface RequestParts {
  readonly headers?: readonly HeaderPair[]
  readonly body?: string | undefined
  readonly contentType?: string
}

const SDP = 'application/sdp'

/** An offer or answer with SRTP, as a phone makes it. */
export function sdp(name: string, direction = 'sendrecv', profile = 'RTP/SAVP', version = 1): string {
  const key = Buffer.from(name.padEnd(30, '.').slice(0, 30)).toString('base64')
  return (
    `v=0\r\no=${name} 1 ${version} IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n` +
    `m=audio 16000 ${profile} 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}\r\n` +
    `a=${direction}\r\n`
  )
}

/** The same as an answer: with the tag under which the offer has the suite. */
export function sdpAnswer(name: string, offer: Uint8Array | string, direction = 'sendrecv', version = 1): string {
  const text = typeof offer === 'string' ? offer : Buffer.from(offer).toString('latin1')
  const tag = /^a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80/m.exec(text)?.[1] ?? '1'
  return sdp(name, direction, 'RTP/SAVP', version).replace('a=crypto:1 ', `a=crypto:${tag} `)
}

const IN_MEMORY = { turns: 40, turn: () => new Promise<void>(resolve => setImmediate(resolve)) }

function token(): string {
  return randomBytes(6).toString('hex')
}

let addresses = 0

export class ScriptedPhone {
  readonly account: Account
  readonly userAgent: string
  flow: Flow
  readonly address: string
  readonly #world: PhoneWorld
  readonly #inbox: SipMessage[] = []
  #dropping = false

  constructor(world: PhoneWorld, account: Account, protocol: TransportProtocol, address?: string) {
    this.#world = world
    this.account = account
    this.userAgent = `Phone ${account.device.username}`
    this.address = address ?? `198.51.100.${(addresses++ % 200) + 10}`
    this.flow = this.#open(protocol)
  }

  get username(): string {
    return this.account.device.username
  }

  get contactUri(): string {
    // RFC 7118 §5.2: over TLS too, the parameter is "ws".
    const transport = this.flow.protocol.replace('WSS', 'WS').toLowerCase()
    return `sip:${this.username}@${this.address}:${this.flow.remotePort};transport=${transport}`
  }

  /** The connection breaks, and the phone has another one. */
  reconnect(): void {
    const { protocol } = this.flow
    this.#world.closeFlow(this.flow)
    this.flow = this.#open(protocol)
  }

  /** What arrives from now on is lost. */
  goDeaf(): void {
    this.#dropping = true
  }

  #open(protocol: TransportProtocol): Flow {
    return this.#world.network.open(protocol, this.address, message => {
      if (!this.#dropping) this.#inbox.push(message)
    })
  }

  send(message: SipMessage): void {
    this.#world.network.toServer(this.flow, serialise(message))
  }

  /** With a Via of its own. */
  sendRequest(request: SipRequest, branch = `z9hG4bK${token()}`): SipRequest {
    const via = `SIP/2.0/${this.flow.protocol} ${this.address}:${this.flow.remotePort};branch=${branch};rport`
    const sent = prependHeader(request, 'Via', via)
    this.send(sent)
    return sent
  }

  respond(request: SipRequest, status: number, toTag: string, parts: RequestParts = {}): SipResponse {
    const { headers = [], body, contentType = SDP } = parts
    const own: HeaderPair[] = [['Contact', `<${this.contactUri}>`], ['User-Agent', this.userAgent], ...headers]
    const carried = body === undefined ? {} : { body, contentType }
    const response = buildResponse(request, status, undefined, { toTag, headers: own, ...carried })
    this.send(response)
    return response
  }

  /** The next message, which has to be this method or status. 100 is skipped unless it is asked for. */
  async expect(what: string | number): Promise<SipMessage> {
    const { turns, turn } = this.#world.waiting ?? IN_MEMORY
    for (let waited = 0; waited < turns; waited++) {
      while (this.#inbox[0]?.kind === 'response' && this.#inbox[0].status === 100 && what !== 100) this.#inbox.shift()
      const next = this.#inbox.shift()
      if (next !== undefined) {
        assert.equal(nameOf(next), what, `${this.username} expected ${what}, got ${serialise(next).toString('latin1')}`)
        return next
      }
      await turn()
    }
    assert.fail(`${this.username} waited for ${what} in vain`)
  }

  /** The next message, whatever it is but 100. */
  async expectAny(): Promise<SipMessage> {
    const { turns, turn } = this.#world.waiting ?? IN_MEMORY
    for (let waited = 0; waited < turns; waited++) {
      const next = this.#inbox.shift()
      if (next !== undefined && nameOf(next) !== 100) return next
      if (next === undefined) await turn()
    }
    assert.fail(`${this.username} waited in vain`)
  }

  async expectRequest(method: string): Promise<SipRequest> {
    return (await this.expect(method)) as SipRequest
  }

  async expectResponse(status: number): Promise<SipResponse> {
    return (await this.expect(status)) as SipResponse
  }

  /** Nothing came, nor comes. */
  async expectSilence(): Promise<void> {
    await this.#world.settle()
    const left = this.#inbox.filter(message => nameOf(message) !== 100)
    assert.deepEqual(left.map(nameOf), [], `${this.username} expected silence`)
  }

  /** What has come, unread. */
  drain(): SipMessage[] {
    return this.#inbox.splice(0)
  }

  /** What has come, unread, is forgotten. */
  async flush(): Promise<void> {
    await this.#world.settle()
    this.#inbox.length = 0
  }

  /** REGISTER, 401, REGISTER with credentials. `contact`: the whole value; default: where it is, for an hour. */
  async register(
    contact = `<${this.contactUri}>;expires=3600`,
    headers: readonly HeaderPair[] = [],
  ): Promise<SipResponse> {
    await this.tryRegister(contact, headers)
    return this.expectResponse(200)
  }

  /** As `register`, whatever its end. */
  async tryRegister(contact: string, headers: readonly HeaderPair[] = []): Promise<void> {
    const { domain } = this.account.organisation
    const callId = token()
    const send = (sequence: number, extra: readonly HeaderPair[]): void => {
      const own: HeaderPair[] = [
        ['Max-Forwards', '70'],
        ['From', `<sip:${this.username}@${domain}>;tag=${token()}`],
        ['To', `<sip:${this.username}@${domain}>`],
        ['Call-ID', callId],
        ['CSeq', `${sequence} REGISTER`],
        ['Contact', contact],
        ['User-Agent', this.userAgent],
      ]
      const uri = `sip:${domain}`
      this.sendRequest(buildRequest({ method: 'REGISTER', uri, headers: [...own, ...headers, ...extra] }))
    }
    let sequence = 1
    send(sequence, [])
    let challenge = (await this.expectAny()) as SipResponse
    // A server on a busy machine has not caught up with itself yet.
    for (let patience = 0; challenge.status === 503 && patience < 20; patience++) {
      await new Promise(done => setTimeout(done, 500))
      send(++sequence, [])
      challenge = (await this.expectAny()) as SipResponse
    }
    assert.equal(challenge.status, 401)
    send(++sequence, [this.authorization(challenge, 'REGISTER', `sip:${domain}`)])
  }

  invite(
    target: string,
    parts: RequestParts & { callId?: string; maxForwards?: number; from?: string } = {},
  ): OutgoingInvite {
    return new OutgoingInvite(this, target, parts)
  }

  /** The whole of it: INVITE, 407, INVITE with credentials. The INVITE is then under way. */
  async call(target: string, parts: Parameters<ScriptedPhone['invite']>[1] = {}): Promise<OutgoingInvite> {
    const invite = this.invite(target, 'body' in parts ? parts : { ...parts, body: sdp(this.username) })
    await invite.authenticate()
    return invite
  }

  /** An INVITE arrives; it is neither answered nor anything. */
  async ringing(): Promise<IncomingInvite> {
    return new IncomingInvite(this, await this.expectRequest('INVITE'))
  }

  authorization(challenge: SipResponse, method: string, uri: string): HeaderPair {
    const byProxy = challenge.status === 407
    const challengeHeaders = challenge.headerValues(byProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate')
    const { password } = this.account
    const value = answerChallenge({ challengeHeaders, username: this.username, password, method, uri })
    assert.ok(value !== undefined, 'a challenge that can be answered')
    return [byProxy ? 'Proxy-Authorization' : 'Authorization', value]
  }
}

function nameOf(message: SipMessage): string | number {
  return message.kind === 'request' ? message.method : message.status
}

export class OutgoingInvite {
  readonly phone: ScriptedPhone
  readonly callId: string
  readonly fromTag = token()
  readonly uri: string
  readonly #parts: Parameters<ScriptedPhone['invite']>[1] & object
  #cseq = 0
  request!: SipRequest

  constructor(phone: ScriptedPhone, target: string, parts: NonNullable<Parameters<ScriptedPhone['invite']>[1]>) {
    this.phone = phone
    this.#parts = parts
    this.callId = parts.callId ?? token()
    this.uri = target.startsWith('sip') ? target : `sip:${target}@${phone.account.organisation.domain}`
  }

  transmit(extra: readonly HeaderPair[] = []): SipRequest {
    this.#cseq++
    const { phone } = this
    const { headers = [], body, contentType = SDP, maxForwards = 70, from } = this.#parts
    const sender = from ?? `sip:${phone.username}@${phone.account.organisation.domain}`
    this.request = phone.sendRequest(
      buildRequest({
        method: 'INVITE',
        uri: this.uri,
        headers: [
          ['Max-Forwards', String(maxForwards)],
          ['From', `"Phone" <${sender}>;tag=${this.fromTag}`],
          ['To', `<${this.uri}>`],
          ['Call-ID', this.callId],
          ['CSeq', `${this.#cseq} INVITE`],
          ['Contact', `<${phone.contactUri}>`],
          ['User-Agent', phone.userAgent],
          ['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE, INFO, REFER, NOTIFY, PRACK'],
          ...headers,
          ...extra,
        ],
        ...(body === undefined ? {} : { body, contentType }),
      }),
    )
    return this.request
  }

  async authenticate(): Promise<SipRequest> {
    this.transmit()
    const challenge = await this.phone.expectResponse(407)
    this.acknowledge(challenge)
    return this.transmit([this.phone.authorization(challenge, 'INVITE', this.uri)])
  }

  /** ACK of a failure: it belongs to the transaction. */
  acknowledge(response: SipResponse): void {
    const { request } = this
    this.phone.send(
      buildRequest({
        method: 'ACK',
        uri: this.uri,
        headers: [
          ['Via', request.header('Via')!],
          ['Max-Forwards', '70'],
          ['From', request.header('From')!],
          ['To', response.header('To')!],
          ['Call-ID', this.callId],
          ['CSeq', `${request.cseq.number} ACK`],
        ],
      }),
    )
  }

  cancel(headers: readonly HeaderPair[] = []): void {
    const { request } = this
    this.phone.send(
      buildRequest({
        method: 'CANCEL',
        uri: this.uri,
        headers: [
          ['Via', request.header('Via')!],
          ['Max-Forwards', '70'],
          ['From', request.header('From')!],
          ['To', request.header('To')!],
          ['Call-ID', this.callId],
          ['CSeq', `${request.cseq.number} CANCEL`],
          ...headers,
        ],
      }),
    )
  }

  /** Waits for the failure and acknowledges it. */
  async refused(status: number): Promise<SipResponse> {
    const response = await this.phone.expectResponse(status)
    this.acknowledge(response)
    return response
  }

  /** Waits for 200 and acknowledges it: the call is up. */
  async answered(answer?: string): Promise<PhoneCall> {
    const response = await this.phone.expectResponse(200)
    const call = new PhoneCall(this.phone, createUacDialog(this.request, response), response)
    call.acknowledge(response.cseq.number, answer)
    return call
  }
}

export class IncomingInvite {
  readonly phone: ScriptedPhone
  readonly request: SipRequest
  readonly tag = token()
  readonly dialog: Dialog

  constructor(phone: ScriptedPhone, request: SipRequest) {
    this.phone = phone
    this.request = request
    this.dialog = createUasDialog(request, this.tag, { localContact: `<${phone.contactUri}>`, flow: undefined })
  }

  respond(status: number, parts: RequestParts = {}): void {
    this.phone.respond(this.request, status, this.tag, parts)
  }

  sdpAnswer(direction = 'sendrecv'): string {
    return sdpAnswer(this.phone.username, this.request.body, direction)
  }

  /** 200, and the ACK for it is awaited. */
  async answer(parts: RequestParts = { body: this.sdpAnswer() }): Promise<PhoneCall> {
    this.respond(200, {
      ...parts,
      headers: [['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE, INFO, REFER, NOTIFY'], ...(parts.headers ?? [])],
    })
    await this.phone.expectRequest('ACK')
    return new PhoneCall(this.phone, this.dialog, undefined)
  }

  /** A failure, and the ACK for it. */
  async refuse(status: number, parts: RequestParts = {}): Promise<void> {
    this.respond(status, parts)
    await this.phone.expectRequest('ACK')
  }

  /** The CANCEL comes: it is answered, and so is the INVITE, with 487. */
  async cancelled(): Promise<SipRequest> {
    const cancel = await this.phone.expectRequest('CANCEL')
    this.phone.respond(cancel, 200, this.tag)
    await this.refuse(487)
    return cancel
  }
}

/** A dialog at the phone's end, confirmed. */
export class PhoneCall {
  readonly phone: ScriptedPhone
  readonly dialog: Dialog
  /** The 200 of a call that this phone made. */
  readonly response: SipResponse | undefined

  constructor(phone: ScriptedPhone, dialog: Dialog, response: SipResponse | undefined) {
    this.phone = phone
    this.dialog = dialog
    this.response = response
  }

  acknowledge(cseq: number, body?: string): void {
    const parts = body === undefined ? {} : { body, contentType: SDP }
    this.phone.sendRequest(this.dialog.ack(cseq, parts))
  }

  send(method: string, parts: RequestParts = {}): SipRequest {
    const { headers = [], body, contentType = SDP } = parts
    const own: HeaderPair[] = method === 'INVITE' ? [['Contact', `<${this.phone.contactUri}>`]] : []
    const carried = body === undefined ? {} : { body, contentType }
    return this.phone.sendRequest(this.dialog.request(method, { headers: [...own, ...headers], ...carried }))
  }

  /** Sends and awaits the answer; a 2xx to INVITE is acknowledged, a failure too. */
  async exchange(method: string, status: number, parts: RequestParts = {}): Promise<SipResponse> {
    const request = this.send(method, parts)
    const response = await this.phone.expectResponse(status)
    if (method !== 'INVITE') return response
    if (status < 300) this.acknowledge(request.cseq.number)
    else this.acknowledgeFailure(request, response)
    return response
  }

  /** Sends and awaits the answer, whatever it is; responses with `repeated` may come before it. */
  async exchangePast(method: string, parts: RequestParts, repeated: number): Promise<SipResponse> {
    const request = this.send(method, parts)
    for (;;) {
      const response = (await this.phone.expectAny()) as SipResponse
      if (response.cseq.method === method && response.cseq.number === request.cseq.number) return response
      assert.equal(response.status, repeated)
    }
  }

  acknowledgeFailure(request: SipRequest, response: SipResponse): void {
    const headers: HeaderPair[] = [
      ['Via', request.header('Via')!],
      ['Max-Forwards', '70'],
      ['From', request.header('From')!],
      ['To', response.header('To')!],
      ['Call-ID', request.callId],
      ['CSeq', `${request.cseq.number} ACK`],
    ]
    this.phone.send(buildRequest({ method: 'ACK', uri: request.requestUriText, headers }))
  }

  /** A re-INVITE comes and is answered. */
  async reinvited(answer: string): Promise<SipRequest> {
    const request = await this.phone.expectRequest('INVITE')
    this.phone.respond(request, 200, '', { body: answer })
    await this.phone.expectRequest('ACK')
    return request
  }

  /** A request within the dialog comes and is answered 200. */
  async obey(method: string): Promise<SipRequest> {
    const request = await this.phone.expectRequest(method)
    this.phone.respond(request, 200, '')
    return request
  }

  async hangUp(): Promise<void> {
    await this.exchange('BYE', 200)
  }
}
