/** Requests within a dialog that we hold: whose, from where, in order, and which operation. */
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { modifyEarly, offerInPrack } from './early-offer.ts'
import { hangUp } from './hang-up.ts'
import { bodyText, CAPABILITIES } from './headers.ts'
import { passInfo } from './info.ts'
import { modifySession } from './modify-session.ts'
import { answerStranger, faultOf, hasForeignReplaces, refusedMethod, reply, tryLater } from './reply.ts'
import { startTransfer } from './transfer.ts'
import { distrustOf } from './trust-flow.ts'

type Operation = (context: CallContext, leg: Leg, transaction: ServerTransaction) => void

const OPERATIONS: Readonly<Record<string, Operation>> = {
  INVITE: checked(modify),
  UPDATE: checked(modify),
  BYE: hangUp,
  INFO: passInfo,
  PRACK: acknowledgeProvisional,
  REFER: startTransfer,
  OPTIONS: (_context, _leg, transaction) => reply(transaction, 200, CAPABILITIES),
  // We subscribe to nothing (RFC 6665 §4.1.3), and nothing can be subscribed to here.
  NOTIFY: (_context, _leg, transaction) => reply(transaction, 481),
  SUBSCRIBE: (_context, _leg, transaction) => reply(transaction, 489),
}

export function onRequestInDialog(context: CallContext, transaction: ServerTransaction): void {
  const { request, flow } = transaction
  const leg = context.table.legOf(request)
  // Whoever knows no dialog of ours is a stranger, and told once: an INVITE's 481 would be repeated ten times over UDP.
  if (leg === undefined) return void answerStranger(context, transaction, 481)
  const distrust = distrustOf(context, leg, request, flow)
  if (distrust !== undefined) return void reply(transaction, distrust.status, distrust.headers)
  const operation = OPERATIONS[request.method]
  if (operation === undefined) {
    const { status, headers } = refusedMethod(request.method)
    return void reply(transaction, status, headers)
  }
  // §12.2.2: "lower than the remote sequence number, the request is out of order and MUST be rejected with a 500".
  if (leg.dialog?.accept(request) === 'out-of-order') return void reply(transaction, 500, [tryLater()])
  if (hasForeignReplaces(request)) return void reply(transaction, 400)
  operation(context, leg, transaction)
}

function modify(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  if (leg.call.state === 'ringing') modifyEarly(context, leg, transaction)
  else modifySession(context, leg, transaction)
}

function checked(operation: Operation): Operation {
  return (context, leg, transaction) => {
    const fault = faultOf(transaction.request)
    if (fault === undefined) operation(context, leg, transaction)
    else reply(transaction, fault.status, fault.headers)
  }
}

function acknowledgeProvisional(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  const { request } = transaction
  const offer = bodyText(request)
  const answer = (): void => {
    if (offer === undefined) reply(transaction, 200)
    else offerInPrack(context, leg, transaction, offer)
  }
  if (leg.invite?.onPrack(request, answer) !== true) reply(transaction, 481)
}
