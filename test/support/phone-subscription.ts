/** A scripted phone's side of a subscription (RFC 6665 §4.1). */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createUacDialog, type Dialog } from '../../src/sip/dialog/dialog.ts'
import { buildRequest, type HeaderPair } from '../../src/sip/message/build.ts'
import type { SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import type { ScriptedPhone } from './scripted-phone.ts'

export interface SubscribeParts {
  readonly event?: string | undefined
  /** Undefined: no Expires. */
  readonly expires?: string | undefined
  readonly headers?: readonly HeaderPair[]
  readonly contact?: string | undefined
  readonly from?: string
}

export interface Notification {
  readonly request: SipRequest
  readonly state: string
  readonly body: string
}

const token = (): string => randomBytes(6).toString('hex')

export class PhoneSubscription {
  readonly phone: ScriptedPhone
  readonly dialog: Dialog
  readonly accepted: SipResponse

  constructor(phone: ScriptedPhone, dialog: Dialog, accepted: SipResponse) {
    this.phone = phone
    this.dialog = dialog
    this.accepted = accepted
  }

  /** Sends SUBSCRIBE, answers the challenge if there is one, and gives back the answer with the request that it is for. */
  static async ask(
    phone: ScriptedPhone,
    target: string,
    parts: SubscribeParts = {},
  ): Promise<{ readonly request: SipRequest; readonly response: SipResponse }> {
    const { domain } = phone.account.organisation
    const uri = target.startsWith('sip') ? target : `sip:${target}@${domain}`
    const callId = token()
    const tag = token()
    const { event = 'dialog', expires, headers = [], contact = `<${phone.contactUri}>` } = parts
    const send = (sequence: number, proof: readonly HeaderPair[]): SipRequest => {
      const own: HeaderPair[] = [
        ['Max-Forwards', '70'],
        ['From', `<${parts.from ?? `sip:${phone.username}@${domain}`}>;tag=${tag}`],
        ['To', `<${uri}>`],
        ['Call-ID', callId],
        ['CSeq', `${sequence} SUBSCRIBE`],
      ]
      if (event !== '') own.push(['Event', event])
      if (expires !== undefined) own.push(['Expires', expires])
      if (contact !== '') own.push(['Contact', contact])
      return phone.sendRequest(buildRequest({ method: 'SUBSCRIBE', uri, headers: [...own, ...headers, ...proof] }))
    }
    let request = send(1, [])
    let response = (await phone.expectAny()) as SipResponse
    if (response.status === 407) {
      request = send(2, [phone.authorization(response, 'SUBSCRIBE', uri)])
      response = (await phone.expectAny()) as SipResponse
    }
    return { request, response }
  }

  static async refused(
    phone: ScriptedPhone,
    target: string,
    status: number,
    parts?: SubscribeParts,
  ): Promise<SipResponse> {
    const { response } = await PhoneSubscription.ask(phone, target, parts)
    assert.equal(response.status, status)
    return response
  }

  static async begin(phone: ScriptedPhone, target: string, parts?: SubscribeParts): Promise<PhoneSubscription> {
    const { request, response } = await PhoneSubscription.ask(phone, target, parts)
    assert.equal(response.status, 200)
    return new PhoneSubscription(phone, createUacDialog(request, response), response)
  }

  /** The next message is a NOTIFY of this dialog, and is answered unless told not to be. */
  async notified(status: number | 'unanswered' = 200): Promise<Notification> {
    const request = await this.phone.expectRequest('NOTIFY')
    assert.equal(request.callId, this.dialog.callId)
    assert.equal(request.toTag, this.dialog.localTag)
    assert.equal(request.fromTag, this.dialog.remoteTag)
    assert.equal(this.dialog.accept(request), 'in-order')
    if (status !== 'unanswered') this.answer(request, status)
    const { body } = request
    return { request, state: request.header('Subscription-State') ?? '', body: Buffer.from(body).toString('utf8') }
  }

  answer(request: SipRequest, status: number): void {
    this.phone.respond(request, status, '')
  }

  send(method: string, parts: SubscribeParts = {}): SipRequest {
    const { event = 'dialog', expires, headers = [], contact = `<${this.phone.contactUri}>` } = parts
    const own: HeaderPair[] = [
      ['Event', event],
      ['Contact', contact],
    ]
    if (expires !== undefined) own.push(['Expires', expires])
    return this.phone.sendRequest(this.dialog.request(method, { headers: [...own, ...headers] }))
  }

  async renew(status: number, parts: SubscribeParts = {}): Promise<SipResponse> {
    this.send('SUBSCRIBE', parts)
    return this.phone.expectResponse(status)
  }
}
