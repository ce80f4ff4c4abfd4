/** A call that rings at this phone (RFC 3261 §13.3). */
import { type AcceptedInvite, acceptInvite } from '../sip/dialog/accepted-invite.ts'
import { createUasDialog } from '../sip/dialog/dialog.ts'
import { buildResponse } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import { formatUri } from '../sip/message/uri.ts'
import { decodeText } from '../sip/message/text.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { openCallAudio } from './call-audio.ts'
import { createOwnedCall, newTag, type OwnedCall } from './call-handle.ts'
import { createCallMedia } from './call-media.ts'
import { ALLOW, bodyText, createInCall } from './in-call.ts'
import type { PhoneContext } from './phone-context.ts'

export interface IncomingCall extends OwnedCall {
  readonly localTag: string
  readonly transaction: ServerTransaction
  onCancel(cancel: SipRequest): void
  onAck(ack: SipRequest): void
}

export function takeCall(
  context: PhoneContext,
  request: SipRequest,
  transaction: ServerTransaction,
  onEnd: () => void,
): IncomingCall {
  const localTag = newTag()
  const { displayName, uri } = request.from
  const owned = createOwnedCall(
    context,
    {
      direction: 'incoming',
      callId: request.callId,
      remoteUri: formatUri(uri),
      remoteName: displayName === undefined ? undefined : decodeText(displayName),
    },
    () => {
      accepted?.stop()
      onEnd()
    },
  )
  const { callProgress: progress } = owned
  const startedAt = context.endpoint.clock.monotonic()
  const contact = context.identity(transaction.flow).contact
  let answerExpected = false
  let accepted: AcceptedInvite | undefined
  let description: string | undefined

  const build = (status: number, body?: string): SipResponse =>
    buildResponse(request, status, undefined, {
      toTag: localTag,
      headers: [
        ['Contact', contact],
        ['Allow', ALLOW],
        ['User-Agent', context.userAgent],
      ],
      body,
      contentType: body === undefined ? undefined : 'application/sdp',
    })
  const respond = (status: number, body?: string): void => void transaction.respond(build(status, body))

  /** Our SDP: the answer to the offer in the INVITE, or an offer of our own where it had none. */
  async function describe(): Promise<string> {
    if (description !== undefined) return description
    const audio = owned.audio ?? (await openCallAudio(context, transaction.flow, owned.onDigit))
    owned.audio = audio
    const media = createCallMedia({ session: audio, suites: context.suites, codecs: context.codecs })
    owned.media = media
    const offer = bodyText(request)
    if (offer === '') {
      answerExpected = true
      description = media.offer('sendrecv')
      return description
    }
    const answer = media.answer(offer, 'sendrecv')
    if (!answer.ok) {
      respond(488)
      progress.failed(488, answer.error)
      throw new Error(answer.error)
    }
    description = answer.value
    return description
  }

  owned.unanswered = {
    async progress() {
      respond(183, await describe())
    },
    async answer() {
      const body = await describe()
      if (progress.state === 'ended') throw new Error('the caller has gone')
      owned.inCall = createInCall({
        context,
        dialog: createUasDialog(request, localTag, { localContact: contact, flow: transaction.flow }),
        flow: transaction.flow,
        media: owned.media!,
        progress,
        onDigit: owned.onDigit,
        onTransferProgress: owned.onTransferProgress,
      })
      const response = build(200, body)
      owned.inCall.dialog.confirm(response)
      accepted = acceptInvite({
        transaction,
        response,
        clock: context.endpoint.clock,
        onNoAck: () => void owned.handle.hangup(),
      })
      progress.answered(context.endpoint.clock.monotonic() - startedAt)
    },
    reject(status) {
      respond(status)
      progress.end({ by: 'us', reason: `rejected with ${status}` })
    },
    async abort() {
      respond(603)
      progress.end({ by: 'us', reason: 'declined' })
    },
  }

  respond(180)
  progress.rang()
  return Object.assign(owned, {
    localTag,
    transaction,
    onCancel(cancel: SipRequest) {
      // RFC 3261 §9.2
      respond(487)
      progress.end({ by: 'them', reason: cancel.header('Reason') ?? 'cancelled' })
    },
    onAck(ack: SipRequest) {
      accepted?.onAck()
      if (answerExpected) {
        answerExpected = false
        owned.media?.takeAnswer(bodyText(ack))
      } else owned.inCall?.onAck(ack)
    },
  })
}
