/** An UPDATE of ours with an offer (RFC 3311), for a phone that allows it. */
import type { Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { bodyText, DIALOG_HEADERS, SDP_TYPE } from './headers.ts'
import { sendInDialog } from './leg.ts'
import type { InviteAnswer, SentInvite } from './reoffer.ts'

export function sendUpdate(context: CallContext, leg: Leg, offer: string | undefined): SentInvite {
  const { promise, resolve } = Promise.withResolvers<InviteAnswer | number>()
  const body = offer === undefined ? {} : { body: offer, contentType: SDP_TYPE }
  sendInDialog(
    context,
    leg,
    'UPDATE',
    { headers: DIALOG_HEADERS, ...body },
    {
      onFinal(response) {
        if (response.status >= 300) return resolve(response.status)
        leg.dialog?.updateTarget(response)
        resolve({ response, sdp: bodyText(response) })
      },
      onFailed: resolve,
    },
  )
  // Neither is cancelled nor acknowledged: it is not an INVITE.
  return { outcome: promise, cancel() {}, acknowledge() {} }
}
