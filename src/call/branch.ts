/** One device that rings: an INVITE of ours, its provisional answers, and what comes of it (RFC 3261 §13.2). */
import type { Binding } from '../registrar/types.ts'
import { createUacDialog, type Dialog } from '../sip/dialog/dialog.ts'
import { createProvisionalReceiver, type ProvisionalReceiver, rackFor } from '../sip/dialog/reliable-provisional.ts'
import { afterTooSmall, type SessionPolicy, sessionRequestHeaders } from '../sip/dialog/session-timer.ts'
import { buildRequest, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import { withoutUriHeaders } from '../sip/message/uri.ts'
import type { ClientTransaction, ClientTransactionUser } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { allowedMethods, contactFor, DIALOG_HEADERS, SDP_TYPE } from './headers.ts'
import { userAgentOf } from './party.ts'

export interface BranchEvents {
  provisional(response: SipResponse): void
  /** The first 2xx: whoever takes it acknowledges it. */
  answered(response: SipResponse): void
  /** Refused; 408: no answer at all; 503: no way to the phone. */
  failed(status: number): void
}

export interface BranchInvite {
  readonly binding: Binding
  /** Values of From (without its tag) and To. */
  readonly from: string
  readonly to: string
  readonly maxForwards: number
  readonly maxBreadth: number
  readonly headers: readonly HeaderPair[]
  readonly offer: string | undefined
}

interface Fork {
  readonly dialog: Dialog
  readonly receiver: ProvisionalReceiver
}

/** Forks of one INVITE (a proxy in front of the phone) that are told apart. */
const MAXIMUM_FORKS = 8

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

  constructor(context: CallContext, leg: Leg, invite: BranchInvite, events: BranchEvents) {
    this.leg = leg
    this.#context = context
    this.#invite = invite
    this.#events = events
    this.#policy = { interval: context.limits.sessionInterval, minimum: 90 }
  }

  send(): void {
    this.#sequence++
    this.#request = inviteRequest(this.#context, this.leg, this.#invite, this.#sequence, this.#policy)
    this.#transaction = this.#context.transactions.send(this.#request, this.leg.flow, {
      onProvisional: response => this.#onProvisional(response),
      onFinal: response => this.#onFinal(response),
      onTimeout: () => this.#fail(408),
      onTransportError: () => this.#fail(503),
    })
  }

  /** ACK for the 2xx, now and whenever the phone repeats it. */
  acknowledge(body: string | undefined): void {
    const parts = body === undefined ? {} : { body, contentType: SDP_TYPE }
    this.#ack = this.leg.dialog?.ack(this.#request!.cseq.number, parts)
    if (this.#ack !== undefined) this.#context.transactions.sendAck(this.#ack, this.leg.flow)
  }

  /** Gives it up: CANCEL, and ACK and BYE should it be answered all the same. Idempotent. */
  cancel(reason: string | undefined): void {
    if (this.#over) return
    this.#over = true
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
    if (this.#over) return
    this.#over = true
    this.#events.failed(status)
  }

  #onProvisional(response: SipResponse): void {
    if (this.#over || response.status === 100) return
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
      this.#onAnswer(response)
      return
    }
    const longer = response.status === 422 && !this.#over ? afterTooSmall(response, this.#policy) : undefined
    if (longer === undefined) {
      this.#fail(response.status)
      return
    }
    this.#policy = longer
    this.#forks.clear()
    this.send()
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
      return
    }
    this.#answeredBy = tag
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
): SipRequest {
  const { binding, offer } = invite
  const secure = binding.contact.startsWith('sips:')
  const headers: HeaderPair[] = binding.path.map(value => ['Route', value] as const)
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
  const body = offer === undefined ? {} : { body: offer, contentType: SDP_TYPE }
  return buildRequest({ method: 'INVITE', uri: withoutUriHeaders(binding.contact), headers, ...body })
}
