/** A call that this phone places (RFC 3261 §13.2). */
import { randomHex } from '../base/random.ts'
import { createUacDialog } from '../sip/dialog/dialog.ts'
import { buildRequest, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { openCallAudio } from './call-audio.ts'
import { createOwnedCall, newTag, type OwnedCall, targetUri } from './call-handle.ts'
import { createCallMedia } from './call-media.ts'
import { type Exchange, startExchange } from './exchange.ts'
import { ALLOW, bodyText, createInCall } from './in-call.ts'
import type { PhoneContext } from './phone-context.ts'

export interface CallOptions {
  /** Tone to speak from the first moment. */
  readonly speak?: number
  /** Further headers of the INVITE. */
  readonly headers?: readonly HeaderPair[]
  /** Leaves the offer to the other side (RFC 3261 §13.2.1). */
  readonly withoutOffer?: boolean
}

export interface OutgoingCall extends OwnedCall {
  readonly localTag: string
  /** A 2xx that came again after its transaction was gone: its ACK was lost. */
  onStrayAnswer(response: SipResponse): void
}

export function placeCall(
  context: PhoneContext,
  target: string,
  options: CallOptions,
  onEnd: () => void,
): OutgoingCall {
  const callId = randomHex(12)
  const localTag = newTag()
  const uri = targetUri(context, target)
  const owned = createOwnedCall(
    context,
    { direction: 'outgoing', callId, remoteUri: uri, remoteName: undefined },
    onEnd,
  )
  const { callProgress: progress } = owned
  const { endpoint } = context
  let exchange: Exchange | undefined
  let cancelled = false
  let answered: { request: SipRequest; response: SipResponse; flow: Flow } | undefined

  owned.unanswered = {
    ...owned.unanswered,
    async abort() {
      cancelled = true
      exchange?.cancel()
      await progress.outcome
    },
  }

  const build = (flow: Flow, offer: string | undefined) => (sequence: number, authorization: readonly HeaderPair[]) => {
    const identity = context.identity(flow)
    return buildRequest({
      method: 'INVITE',
      uri,
      headers: [
        ['Max-Forwards', '70'],
        ['From', `${identity.from};tag=${localTag}`],
        ['To', `<${uri}>`],
        ['Call-ID', callId],
        ['CSeq', `${sequence} INVITE`],
        ['Contact', identity.contact],
        ['Allow', ALLOW],
        ['Supported', 'replaces'],
        ['User-Agent', context.userAgent],
        ...(options.headers ?? []),
        ...authorization,
      ],
      body: offer,
      contentType: offer === undefined ? undefined : 'application/sdp',
    })
  }

  const acknowledge = (body: string | undefined): void => {
    if (answered === undefined || owned.inCall === undefined) return
    if (context.options.misbehaviour?.neverAcknowledges === true) return
    const parts = body === undefined ? {} : { body, contentType: 'application/sdp' }
    endpoint.transactions.sendAck(owned.inCall.dialog.ack(answered.request.cseq.number, parts), answered.flow)
  }

  const onAnswer = (request: SipRequest, response: SipResponse, flow: Flow, startedAt: number): void => {
    answered = { request, response, flow }
    const media = owned.media!
    owned.inCall = createInCall({
      context,
      dialog: createUacDialog(request, response),
      flow,
      media,
      progress,
      onDigit: owned.onDigit,
      onTransferProgress: owned.onTransferProgress,
    })
    let answer: string | undefined
    let problem: string | undefined
    if (options.withoutOffer === true) {
      const made = media.answer(bodyText(response), 'sendrecv')
      answer = made.ok ? made.value : undefined
      problem = made.ok ? undefined : made.error
    } else problem = media.takeAnswer(bodyText(response))
    acknowledge(answer)
    if (problem === undefined && !cancelled) {
      progress.answered(endpoint.clock.monotonic() - startedAt)
      return
    }
    // RFC 3261 §13.2.2.4, §15: what was answered but is not wanted ends with a BYE.
    void owned.inCall.bye()
    progress.failed(488, problem ?? 'cancelled')
  }

  async function run(): Promise<void> {
    const flow = await endpoint.connect()
    const audio = await openCallAudio(context, flow, owned.onDigit)
    owned.audio = audio
    audio.speak(options.speak)
    const media = createCallMedia({ session: audio, suites: context.suites, codecs: context.codecs })
    owned.media = media
    const offer = options.withoutOffer === true ? undefined : media.offer('sendrecv')
    const startedAt = endpoint.clock.monotonic()
    exchange = startExchange({
      transactions: endpoint.transactions,
      flow,
      credentials: context.credentials,
      sequence: 1,
      build: build(flow, offer),
      onProvisional(response) {
        if (response.status === 100) return
        progress.rang()
        if (response.contentType === 'application/sdp' && offer !== undefined)
          media.takeAnswer(bodyText(response), true)
      },
      onRepeatedAnswer: () => acknowledge(undefined),
    })
    if (cancelled) exchange.cancel()
    const outcome = await exchange.outcome
    if (outcome.kind === 'timeout') return progress.failed(408, 'no answer')
    if (outcome.kind === 'unreachable') return progress.failed(503, outcome.detail)
    const { request, response } = outcome
    if (response.status >= 300) {
      progress.failed(response.status, response.reason, warningText(response), retryAfter(response))
    } else onAnswer(request, response, flow, startedAt)
  }

  run().catch((error: Error) => progress.failed(503, error.message))
  return Object.assign(owned, {
    localTag,
    onStrayAnswer(response: SipResponse) {
      if (response.cseq.number === answered?.request.cseq.number) acknowledge(undefined)
    },
  })
}

/** In seconds (RFC 3261 §20.33). */
function retryAfter(response: SipResponse): number | undefined {
  const seconds = /^\s*(\d{1,9})/.exec(response.header('Retry-After') ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}

/** `399 host "text"` → text. */
function warningText(response: SipResponse): string | undefined {
  const value = response.header('Warning')
  return value === undefined ? undefined : (/"((?:[^"\\]|\\.)*)"/.exec(value)?.[1] ?? value)
}
