/** One device that rings: an INVITE of ours, its provisional answers, and what comes of it (RFC 3261 §13.2). */
import { randomToken } from '../base/random.ts'
import type { Timer } from '../base/clock.ts'
import { createUacDialog, type Dialog } from '../sip/dialog/dialog.ts'
import { createProvisionalReceiver, type ProvisionalReceiver, rackFor } from '../sip/dialog/reliable-provisional.ts'
import { afterTooSmall, type SessionPolicy, sessionRequestHeaders } from '../sip/dialog/session-timer.ts'
import { buildRequest, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import { withoutUriHeaders } from '../sip/message/uri.ts'
import type { ClientTransaction, ClientTransactionUser } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { chargeLateAnswer, settleAllowance } from './allowance.ts'
import type { Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { allowedMethods, contactFor, DIALOG_HEADERS, SDP_TYPE } from './headers.ts'
import { userAgentOf } from './party.ts'
import { startAllowance } from './watch-allowance.ts'

export interface BranchEvents {
  provisional(response: SipResponse): void
  /** The first 2xx: whoever takes it acknowledges it. */
  answered(response: SipResponse): void
  /** Refused; 408: no answer at all; 503: no way to the phone. */
  failed(status: number): void
}

/** A second body of an INVITE: where the caller is (RFC 6442 §4.1). */
export interface Attachment {
  readonly contentType: string
  /** Without angle brackets. */
  readonly contentId: string
  readonly text: string
}

/** What an INVITE to a trunk needs beside its words. */
export interface BranchCredentials {
  /** The header that answers a challenge (401, 407), or undefined: then it counts as a refusal. */
  answer(request: SipRequest, response: SipResponse): HeaderPair | undefined
}

export interface BranchInvite {
  /** Request-URI and Route values. */
  readonly uri: string
  readonly routes: readonly string[]
  /** Values of From (without its tag) and To. */
  readonly from: string
  readonly to: string
  readonly maxForwards: number
  readonly maxBreadth: number
  readonly headers: readonly HeaderPair[]
  readonly offer: string | undefined
  /** Goes beside the offer in one multipart body (RFC 5621). */
  readonly attachment?: Attachment | undefined
  readonly credentials?: BranchCredentials | undefined
  /** Milliseconds in which any answer has to come, a 100 included. Default: those of RFC 3261 (timer B). */
  readonly responseTimeMs?: number | undefined
  /** Milliseconds from a 100 until it rings or answers. Default: none. */
  readonly progressTimeMs?: number | undefined
}

interface Fork {
  readonly dialog: Dialog
  readonly receiver: ProvisionalReceiver
}

/** Forks of one INVITE (a proxy in front of the phone) that are told apart. */
const MAXIMUM_FORKS = 8
/** The first, and one more for a nonce that was stale. */
const MAXIMUM_CHALLENGES = 2

export class Branch {
  readonly leg: Leg
  readonly #context: CallContext
  readonly #invite: BranchInvite
  readonly #events: BranchEvents
  readonly #forks = new Map<string, Fork>()
  #policy: SessionPolicy
  #sequence = 0
  #request: SipRequest | undefined
  #transaction: ClientTransaction | undefined
  #over = false
  #answeredBy: string | undefined
  #ack: SipRequest | undefined
  #farewell: string | undefined = ANSWERED_ELSEWHERE
  #silence: Timer | undefined
  #proof: HeaderPair | undefined
  #challenges = 0
  /** Its INVITE may still be answered on the account of somebody. */
  #counted = false

  constructor(context: CallContext, leg: Leg, invite: BranchInvite, events: BranchEvents) {
    this.leg = leg
    this.#context = context
    this.#invite = invite
    this.#events = events
    this.#policy = { interval: context.limits.sessionInterval, minimum: 90 }
  }

  send(): void {
    this.#sequence++
    if (this.leg.allowance !== undefined && !this.#counted) {
      this.#counted = true
      this.leg.allowance.pending++
    }
    const { responseTimeMs } = this.#invite
    this.#request = inviteRequest(this.#context, this.leg, this.#invite, this.#sequence, this.#policy, this.#proof)
    if (responseTimeMs !== undefined && this.#silence === undefined) {
      this.#silence = this.#context.clock.schedule(responseTimeMs, () => this.#giveUp())
    }
    this.#transaction = this.#context.transactions.send(this.#request, this.leg.flow, {
      onProvisional: response => this.#onProvisional(response),
      onFinal: response => this.#onFinal(response),
      onTimeout: () => this.#fail(408),
      onTransportError: () => this.#fail(503),
    })
  }

  /** No answer can come any more. */
  #settle(): void {
    if (!this.#counted) return
    this.#counted = false
    settleAllowance(this.#context, this.leg.allowance!)
  }

  /** ACK for the 2xx, now and whenever the phone repeats it. */
  acknowledge(body: string | undefined): void {
    // "the ACK MUST contain the same credentials as the INVITE" (RFC 3261 §22.1).
    const headers = this.#proof === undefined ? [] : [this.#proof]
    const parts = body === undefined ? { headers } : { headers, body, contentType: SDP_TYPE }
    this.#ack = this.leg.dialog?.ack(this.#request!.cseq.number, parts)
    if (this.#ack !== undefined) this.#context.transactions.sendAck(this.#ack, this.leg.flow)
  }

  /** Gives it up: CANCEL, and ACK and BYE should it be answered all the same. Idempotent. */
  cancel(reason: string | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#silence?.cancel()
    this.#farewell = reason
    if (this.#answeredBy === undefined) this.#transaction?.cancel(reason === undefined ? [] : [['Reason', reason]])
  }

  /** One of its early dialogs has this tag of the phone's. */
  knows(remoteTag: string): boolean {
    return !this.#over && this.#forks.has(remoteTag)
  }

  /** The session timer that the 2xx was asked for with. */
  get policy(): SessionPolicy {
    return this.#policy
  }

  #fail(status: number): void {
    this.#silence?.cancel()
    const before = this.#over
    this.#over = true
    if (!before) this.#events.failed(status)
    this.#settle()
  }

  /** Nothing at all was heard in time; should it answer later, it gets ACK and BYE. */
  #giveUp(): void {
    if (this.#over) return
    this.#over = true
    this.#farewell = undefined
    this.#transaction?.cancel([])
    this.#events.failed(408)
  }

  #awaitProgress(): void {
    const { progressTimeMs } = this.#invite
    if (this.#over || progressTimeMs === undefined || this.#forks.size > 0) return
    this.#silence = this.#context.clock.schedule(progressTimeMs, () => this.#giveUp())
  }

  #onProvisional(response: SipResponse): void {
    this.#silence?.cancel()
    if (this.#over || response.status === 100) {
      this.#awaitProgress()
      return
    }
    const fork = response.toTag === undefined ? undefined : this.#forkOf(response.toTag, response)
    if (fork !== undefined) {
      const verdict = fork.receiver.judge(response)
      if (verdict === 'gap' || verdict === 'retransmission') return
      if (verdict === 'deliver') {
        this.#acknowledgeProvisional(fork.dialog, response)
        // The early dialog in which another offer may be made (RFC 3311 §5.1).
        if (response.body.length > 0 && this.#forks.size === 1) this.leg.dialog = fork.dialog
      }
    }
    this.#learn(response)
    this.#events.provisional(response)
  }

  #forkOf(tag: string, response: SipResponse): Fork | undefined {
    const known = this.#forks.get(tag)
    if (known !== undefined || this.#forks.size >= MAXIMUM_FORKS) return known
    const dialog = createUacDialog(this.#request!, response, { flow: this.leg.flow })
    const fork: Fork = { dialog, receiver: createProvisionalReceiver() }
    this.#forks.set(tag, fork)
    return fork
  }

  #acknowledgeProvisional(dialog: Dialog, response: SipResponse): void {
    const prack = dialog.request('PRACK', { headers: [['RAck', rackFor(response)]] })
    this.#context.transactions.send(prack, this.leg.flow, NOBODY)
  }

  #onFinal(response: SipResponse): void {
    if (response.status < 300) {
      this.#silence?.cancel()
      this.#onAnswer(response)
      return
    }
    if (this.#prove(response)) return
    const longer = response.status === 422 && !this.#over ? afterTooSmall(response, this.#policy) : undefined
    if (longer === undefined) {
      this.#fail(response.status)
      return
    }
    this.#policy = longer
    this.#forks.clear()
    this.send()
  }

  /** Sends it again with what the challenge asks for. */
  #prove(response: SipResponse): boolean {
    if ((response.status !== 401 && response.status !== 407) || this.#over) return false
    const proof =
      ++this.#challenges > MAXIMUM_CHALLENGES ? undefined : this.#invite.credentials?.answer(this.#request!, response)
    if (proof === undefined) return false
    this.#proof = proof
    this.#forks.clear()
    this.send()
    return true
  }

  #onAnswer(response: SipResponse): void {
    const tag = response.toTag ?? ''
    if (this.#answeredBy === tag) {
      // A repeated 2xx: its ACK was lost (§13.2.2.4).
      if (this.#ack !== undefined) this.#context.transactions.sendAck(this.#ack, this.leg.flow)
      return
    }
    const fork = this.#forks.get(tag)
    const dialog = fork?.dialog ?? createUacDialog(this.#request!, response, { flow: this.leg.flow })
    dialog.confirm(response)
    if (this.#over || this.#answeredBy !== undefined) {
      dismiss(this.#context, this.leg.flow, dialog, response, this.#farewell)
      if (this.#counted) chargeLateAnswer(this.#context, this.leg.allowance!)
      this.#counted = false
      return
    }
    this.#answeredBy = tag
    startAllowance(this.#context, this.leg)
    this.#settle()
    this.leg.dialog = dialog
    this.leg.forgetInvite = () => this.#transaction?.abandon()
    this.#learn(response)
    this.#events.answered(response)
  }

  #learn(response: SipResponse): void {
    this.leg.allows = allowedMethods(response) ?? this.leg.allows
    this.leg.userAgent = userAgentOf(response) || this.leg.userAgent
  }
}

const NOBODY: ClientTransactionUser = { onProvisional() {}, onFinal() {}, onTimeout() {}, onTransportError() {} }

/** A 2xx that nobody wants: "the UAC MUST generate an ACK … and then a BYE" (§13.2.2.4). */
function dismiss(
  context: CallContext,
  flow: Flow,
  dialog: Dialog,
  response: SipResponse,
  reason: string | undefined,
): void {
  context.transactions.sendAck(dialog.ack(response.cseq.number), flow)
  const headers: HeaderPair[] = reason === undefined ? [] : [['Reason', reason]]
  context.transactions.send(dialog.request('BYE', { headers }), flow, NOBODY)
}

export const ANSWERED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'

function inviteRequest(
  context: CallContext,
  leg: Leg,
  invite: BranchInvite,
  sequence: number,
  policy: SessionPolicy,
  proof: HeaderPair | undefined,
): SipRequest {
  const { uri, offer } = invite
  const secure = uri.startsWith('sips:')
  const headers: HeaderPair[] = invite.routes.map(value => ['Route', value] as const)
  headers.push(
    ['Max-Forwards', String(invite.maxForwards)],
    ['Max-Breadth', String(invite.maxBreadth)],
    ['From', `${invite.from};tag=${leg.localTag}`],
    ['To', invite.to],
    ['Call-ID', leg.sipCallId],
    ['CSeq', `${sequence} INVITE`],
    ['Contact', contactFor(leg.flow, secure, context)],
    ['Allow', DIALOG_HEADERS[0]![1]],
    // Without an offer a reliable answer would have to carry it; so none is asked for (RFC 3262 §5).
    ['Supported', offer === undefined ? 'timer, replaces' : '100rel, timer, replaces'],
  )
  for (const pair of sessionRequestHeaders(policy)) if (pair[0] !== 'Supported') headers.push(pair)
  headers.push(...invite.headers)
  if (proof !== undefined) headers.push(proof)
  const { body, contentType } = bodyOf(offer, invite.attachment)
  const content = body === undefined ? {} : { body, contentType }
  return buildRequest({ method: 'INVITE', uri: withoutUriHeaders(uri), headers, ...content })
}

function bodyOf(offer: string | undefined, attachment: Attachment | undefined) {
  if (attachment === undefined) return { body: offer, contentType: SDP_TYPE }
  const boundary = randomToken(18)
  const parts = offer === undefined ? [] : [`Content-Type: ${SDP_TYPE}\r\n\r\n${offer}`]
  parts.push(
    `Content-Type: ${attachment.contentType}\r\nContent-ID: <${attachment.contentId}>\r\n` +
      `Content-Disposition: by-reference;handling=optional\r\n\r\n${attachment.text}`,
  )
  const body = `${parts.map(part => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`
  return { body, contentType: `multipart/mixed;boundary="${boundary}"` }
}
