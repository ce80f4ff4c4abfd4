/** INFO: keys pressed and the little else that may cross a call (RFC 2976, RFC 6086). */
import type { HeaderPair } from '../sip/message/build.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { type Leg, otherLeg } from './call.ts'
import type { CallContext } from './context.ts'
import { bodyText } from './headers.ts'
import { sendInDialog } from './leg.ts'
import { CROSSING_BODIES, crossingBody, isCrossingBody } from './passing/may-cross.ts'
import { type Fault, reply } from './reply.ts'

const MAXIMUM_LENGTH = 2_048

export function passInfo(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  const { request } = transaction
  const fault = faultOf(transaction)
  if (fault !== undefined) return void reply(transaction, fault.status, fault.headers)
  // "may be sent … without a body": a sign of life (RFC 2976 §2.2).
  if (request.body.length === 0) return void reply(transaction, 200)
  const other = otherLeg(leg)
  if (leg.call.state !== 'up' || other === undefined) return void reply(transaction, 480)
  const { contentType } = request
  const body = isCrossingBody(contentType) ? crossingBody(contentType, bodyText(request) ?? '') : undefined
  if (body === undefined) return void reply(transaction, 400)
  sendInDialog(
    context,
    other,
    'INFO',
    { body, contentType },
    {
      onFinal: response => reply(transaction, crossing(response.status)),
      onFailed: () => reply(transaction, 504),
    },
  )
}

function faultOf({ request }: ServerTransaction): Fault | undefined {
  const noPackages: HeaderPair = ['Recv-Info', '']
  if (request.header('Info-Package') !== undefined) return { status: 469, headers: [noPackages] }
  if (request.body.length > MAXIMUM_LENGTH) return { status: 413 }
  if (request.body.length === 0 || isCrossingBody(request.contentType)) return undefined
  return { status: 415, headers: [['Accept', Object.keys(CROSSING_BODIES).join(', ')]] }
}

/** The other phone's verdict, without a word of its own. Its challenge or lost dialog is not the sender's business. */
function crossing(status: number): number {
  if (status < 300) return 200
  return status < 400 || status === 401 || status === 407 || status === 481 ? 500 : status
}
