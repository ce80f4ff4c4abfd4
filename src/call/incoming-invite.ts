/** An INVITE of a phone's, from its arrival to its ACK: provisional answers, reliable where asked for, and one final answer. */
import { acceptInvite, type AcceptedInvite } from '../sip/dialog/accepted-invite.ts'
import { createReliableProvisionals, type ReliableProvisionals } from '../sip/dialog/reliable-provisional.ts'
import { buildResponse, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Leg, LegInvite } from './call.ts'
import type { CallContext } from './context.ts'
import { contactFor, DIALOG_HEADERS, hasOption, SDP_TYPE } from './headers.ts'
import { sayGoodbye } from './leg.ts'

export interface IncomingInviteEvents {
  /** The phone sent CANCEL. */
  cancelled(reason: string | undefined): void
  /** The ACK of the 2xx came. */
  acknowledged(ack: SipRequest): void
  /** No ACK came for the 2xx, or no PRACK for a reliable provisional response. */
  unacknowledged(): void
}

export interface IncomingInvite extends LegInvite {
  readonly transaction: ServerTransaction
  /** A provisional answer. The same status is not repeated unless it brings a description. */
  progress(status: number, sdp?: string): void
  /** 200, after the reliable provisional answers before it were acknowledged (RFC 3262 §3). */
  accept(sdp: string | undefined, headers: readonly HeaderPair[]): void
}

export function createIncomingInvite(
  context: CallContext,
  leg: Leg,
  transaction: ServerTransaction,
  events: IncomingInviteEvents,
): IncomingInvite {
  const { request } = transaction
  context.table.noteInvite(request, leg)
  const toTag = request.toTag === undefined ? leg.localTag : undefined
  const required = hasOption(request, 'Require', '100rel')
  const supported = required || hasOption(request, 'Supported', '100rel')
  const contact: HeaderPair = ['Contact', contactFor(transaction.flow, leg.dialog?.secure === true, context)]
  let reliable: ReliableProvisionals | undefined
  let accepted: AcceptedInvite | undefined
  let waiting: (() => void) | undefined
  let answered = false
  let described = false
  let lastStatus = 0

  function respond(response: SipResponse): void {
    transaction.respond(response)
  }

  function reliably(): ReliableProvisionals {
    reliable ??= createReliableProvisionals({
      clock: context.clock,
      T1: context.limits.T1,
      send: respond,
      onNoPrack: () => events.unacknowledged(),
    })
    return reliable
  }

  function sendAccept(response: SipResponse): void {
    reliable?.stop()
    // Only the first 2xx makes the dialog; a re-INVITE changes its target, not its state.
    if (leg.dialog?.state === 'early') leg.dialog.confirm(response)
    accepted = acceptInvite({
      transaction,
      response,
      clock: context.clock,
      T1: context.limits.T1,
      onNoAck: () => over(undefined),
    })
  }

  /** The handshake of the 2xx is over; a leg that was to end ends now (RFC 3261 §15). */
  function over(ack: SipRequest | undefined): void {
    if (ack === undefined) accepted?.stop()
    else accepted?.onAck()
    accepted = undefined
    if (leg.state === 'leaving') sayGoodbye(context, leg, undefined)
    else if (ack === undefined) events.unacknowledged()
    else events.acknowledged(ack)
  }

  return {
    transaction,
    request,
    get answered() {
      return answered
    },
    get agreed() {
      return described && reliable?.settled === true
    },
    get awaitingAck() {
      return accepted !== undefined
    },
    progress(status, sdp) {
      if (answered || (status === lastStatus && sdp === undefined)) return
      // The first reliable response to an INVITE without offer has to carry one (RFC 3261 §13.2.1), and there is none yet: 100 serves.
      if (required && sdp === undefined && request.body.length === 0) return
      lastStatus = status
      const headers: HeaderPair[] = [contact, ...DIALOG_HEADERS]
      const body = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE }
      const response = buildResponse(request, status, undefined, { toTag, headers, ...body })
      // A description in a provisional answer is worth a PRACK where the phone can do it.
      if (required || (supported && sdp !== undefined)) {
        described ||= sdp !== undefined && request.body.length > 0
        reliably().send(response)
      } else respond(response)
    },
    accept(sdp, extra) {
      if (answered) return
      answered = true
      const headers: HeaderPair[] = [contact, ...DIALOG_HEADERS, ...extra]
      const body = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE }
      const response = buildResponse(request, 200, undefined, { toTag, headers, ...body })
      if (reliable === undefined || reliable.settled) sendAccept(response)
      else waiting = () => sendAccept(response)
    },
    refuse(status, headers) {
      if (answered) return
      answered = true
      reliable?.stop()
      respond(buildResponse(request, status, undefined, { toTag, headers }))
    },
    onAck(ack) {
      if (accepted === undefined || ack.cseq.number !== request.cseq.number) return
      over(ack)
    },
    onCancel(reason) {
      if (!answered || waiting !== undefined) events.cancelled(reason)
    },
    onPrack(prack, answer) {
      if (reliable?.onPrack(prack) !== 'matched') return false
      answer()
      if (reliable.settled) {
        waiting?.()
        waiting = undefined
      }
      return true
    },
    close(status) {
      reliable?.stop()
      accepted?.stop()
      accepted = undefined
      if (waiting !== undefined) {
        waiting = undefined
        respond(buildResponse(request, status, undefined, { toTag }))
      } else if (!answered) this.refuse(status)
    },
  }
}
