/** An answered call: requests within its dialog, ours and theirs (RFC 3261 §12.2, §14, §15). */
import type { Direction } from '../media/sdp/index.ts'
import { type AcceptedInvite, acceptInvite } from '../sip/dialog/accepted-invite.ts'
import type { Dialog } from '../sip/dialog/dialog.ts'
import { buildResponse, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { CallProgress } from './call.ts'
import type { CallMedia } from './call-media.ts'
import { type ExchangeOutcome, startExchange } from './exchange.ts'
import type { PhoneContext } from './phone-context.ts'

export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY'
const SDP = 'application/sdp'

export interface InCallOptions {
  readonly context: PhoneContext
  readonly dialog: Dialog
  readonly flow: Flow
  readonly media: CallMedia
  readonly progress: CallProgress
  readonly onDigit: (digit: string) => void
  /** The status line in the body of a NOTIFY for our REFER (RFC 3515 §2.4.5). */
  readonly onTransferProgress: (status: number) => void
}

export interface InCall {
  readonly dialog: Dialog
  readonly held: boolean
  /** Re-INVITE with this direction; its final status. */
  reinvite(direction: Direction): Promise<number>
  send(method: string, headers?: readonly HeaderPair[], body?: string, contentType?: string): Promise<number>
  bye(): Promise<void>
  onRequest(request: SipRequest, transaction: ServerTransaction): void
  /** The ACK of an INVITE that carried no offer holds the answer. */
  onAck(ack: SipRequest): void
  /** The call is over: nothing is repeated any more. */
  stop(): void
}

export function createInCall(options: InCallOptions): InCall {
  const { context, dialog, flow, media, progress } = options
  const { transactions } = context.endpoint
  const { misbehaviour } = context.options
  let inviting = false
  let answerExpected = false
  let accepted: AcceptedInvite | undefined
  let wished: Direction = 'sendrecv'

  async function exchange(
    method: string,
    headers: readonly HeaderPair[],
    body?: string,
    contentType?: string,
  ): Promise<ExchangeOutcome> {
    const used = await currentFlow()
    const own: HeaderPair[] = [['User-Agent', context.userAgent]]
    // After a reconnect we are elsewhere; otherwise the dialog names our contact itself (RFC 3261 §12.2.1.1).
    if (used !== flow && method === 'INVITE') own.push(['Contact', context.identity(used).contact])
    const parts = { headers: [...own, ...headers], body, contentType }
    const started = startExchange({
      transactions,
      flow: used,
      credentials: context.credentials,
      sequence: 0,
      // The dialog numbers its requests itself.
      build: (_number, authorization) =>
        dialog.request(method, { ...parts, headers: [...parts.headers, ...authorization] }),
      onRepeatedAnswer: (_response, request) => {
        if (method === 'INVITE') acknowledge(request)
      },
    })
    return started.outcome
  }

  /** After a reconnect, requests take the new connection (RFC 5626 §5.3). */
  function currentFlow(): Promise<Flow> | Flow {
    return flow.open ? flow : context.endpoint.connect()
  }

  function acknowledge(invite: SipRequest): void {
    if (misbehaviour?.neverAcknowledges === true) return
    transactions.sendAck(dialog.ack(invite.cseq.number, {}), flow)
  }

  function onInvite(request: SipRequest, transaction: ServerTransaction): void {
    // RFC 3261 §14.2: a second INVITE while one is under way.
    if (inviting) return void transaction.respond(reply(request, 491))
    dialog.updateTarget(request)
    const offer = bodyText(request)
    const answer = offer === '' ? undefined : media.answer(offer, wished)
    if (answer?.ok === false) return void transaction.respond(reply(request, 488))
    answerExpected = answer === undefined
    const body = answer === undefined ? media.offer(wished) : answer.value
    const contact = context.identity(transaction.flow).contact
    accepted?.stop()
    const headers: HeaderPair[] = [
      ['Contact', contact],
      ['Allow', ALLOW],
    ]
    accepted = acceptInvite({
      transaction,
      response: buildResponse(request, 200, undefined, { headers, body, contentType: SDP }),
      clock: context.endpoint.clock,
      onNoAck: () => {},
    })
  }

  function onUpdate(request: SipRequest, transaction: ServerTransaction): void {
    dialog.updateTarget(request)
    const offer = bodyText(request)
    const contact = context.identity(transaction.flow).contact
    const headers: HeaderPair[] = [
      ['Contact', contact],
      ['Allow', ALLOW],
    ]
    if (offer === '') return void transaction.respond(buildResponse(request, 200, undefined, { headers }))
    const answer = media.answer(offer, wished)
    if (!answer.ok) return void transaction.respond(reply(request, 488))
    transaction.respond(buildResponse(request, 200, undefined, { headers, body: answer.value, contentType: SDP }))
  }

  function onNotify(request: SipRequest, transaction: ServerTransaction): void {
    transaction.respond(reply(request, 200))
    if (request.contentType !== 'message/sipfrag') return
    const status = /^SIP\/2\.0 (\d{3})/.exec(bodyText(request))?.[1]
    if (status !== undefined) options.onTransferProgress(Number(status))
  }

  function onInfo(request: SipRequest, transaction: ServerTransaction): void {
    transaction.respond(reply(request, 200))
    const digit = /^(?:Signal\s*=\s*)?([0-9A-D*#])/im.exec(bodyText(request))?.[1]
    if (digit !== undefined && request.contentType?.startsWith('application/dtmf') === true) options.onDigit(digit)
  }

  return {
    dialog,
    get held() {
      return wished === 'sendrecv' && media.direction !== undefined && media.direction !== 'sendrecv'
    },
    async reinvite(direction) {
      if (inviting) return 491
      inviting = true
      try {
        const outcome = await exchange('INVITE', [['Allow', ALLOW]], media.offer(direction), SDP)
        if (outcome.kind !== 'response') return 408
        const { response, request } = outcome
        if (response.status >= 300) return response.status
        dialog.updateTarget(response)
        acknowledge(request)
        const problem = media.takeAnswer(bodyText(response))
        if (problem !== undefined) return 488
        wished = direction
        return response.status
      } finally {
        inviting = false
      }
    },
    async send(method, headers = [], body, contentType) {
      const outcome = await exchange(method, headers, body, contentType)
      return outcome.kind === 'response' ? outcome.response.status : 408
    },
    async bye() {
      await exchange('BYE', [])
      progress.end({ by: 'us', reason: undefined })
    },
    onRequest(request, transaction) {
      if (misbehaviour?.deaf === true) return
      // RFC 3261 §12.2.2: an out of order request is answered 500.
      if (dialog.accept(request) === 'out-of-order') return void transaction.respond(reply(request, 500))
      switch (request.method) {
        case 'BYE':
          transaction.respond(reply(request, 200))
          progress.end({ by: 'them', reason: request.header('Reason') })
          break
        case 'INVITE':
          onInvite(request, transaction)
          break
        case 'UPDATE':
          onUpdate(request, transaction)
          break
        case 'NOTIFY':
          onNotify(request, transaction)
          break
        case 'INFO':
          onInfo(request, transaction)
          break
        case 'OPTIONS':
          transaction.respond(buildResponse(request, 200, undefined, { headers: [['Allow', ALLOW]] }))
          break
        case 'REFER':
          // The phone is an instrument: nobody but its script makes it call somewhere.
          transaction.respond(reply(request, 603))
          break
        default:
          transaction.respond(buildResponse(request, 405, undefined, { headers: [['Allow', ALLOW]] }))
      }
    },
    onAck(ack) {
      accepted?.onAck()
      if (!answerExpected) return
      answerExpected = false
      media.takeAnswer(bodyText(ack))
    },
    stop() {
      accepted?.stop()
      dialog.terminate()
    },
  }
}

/** The session description: the body, or the part of it that is one (RFC 5621 §3.2). */
export function bodyText(message: SipRequest | SipResponse): string {
  const text = Buffer.from(message.body).toString('utf8')
  if (message.contentType?.startsWith('multipart/') !== true) return text
  const boundary = /;\s*boundary="?([^";]+)"?/i.exec(message.header('Content-Type') ?? '')?.[1]
  const parts = boundary === undefined ? [] : text.split(`--${boundary}`)
  const part = parts.find(each => /^content-type:\s*application\/sdp/im.test(each)) ?? ''
  // "The boundary delimiter … CRLF preceding [it] is … attached to the boundary" (RFC 2046 §5.1.1).
  return part.slice(part.indexOf('\r\n\r\n') + 4, -2)
}

function reply(request: SipRequest, status: number): SipResponse {
  return buildResponse(request, status)
}
