/** A dialog: what two user agents know of each other while they talk (RFC 3261 §12). */
import { randomInteger } from '../../base/random.ts'
import { buildRequest, type HeaderPair } from '../message/build.ts'
import type { NameAddress, SipMessage, SipRequest, SipResponse, SipUri, Uri } from '../message/types.ts'
import type { Flow } from '../transport/types.ts'
import { dialogId } from './dialog-id.ts'
import { nextHopOf, routeRequest, routeSetOf } from './route-set.ts'

export type DialogState = 'early' | 'confirmed' | 'terminated'

export interface RequestParts {
  /** After the dialog's own headers, in order. */
  readonly headers?: readonly HeaderPair[] | undefined
  readonly body?: string | Uint8Array | undefined
  readonly contentType?: string | undefined
}

export interface Dialog {
  readonly id: string
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly state: DialogState
  readonly localUri: Uri
  readonly remoteUri: Uri
  /** Where the peer is: its last Contact. */
  readonly remoteTarget: Uri
  readonly routeSet: readonly NameAddress[]
  /** Only `sips` targets are accepted (§12.1.1). */
  readonly secure: boolean
  /** CSeq number of our last request. */
  readonly localSequence: number
  /** CSeq number of the peer's last request, undefined before the first. */
  readonly remoteSequence: number | undefined
  /** The flow that requests take when it is open: the one that the dialog was made over. */
  flow: Flow | undefined
  /** Where requests go otherwise; undefined when no SIP URI says so. */
  readonly nextHop: SipUri | undefined
  /** The next request in the dialog, with a fresh CSeq number. Not for ACK and CANCEL. */
  request(method: string, parts?: RequestParts): SipRequest
  /** The ACK for a 2xx to the INVITE with this CSeq number (§13.2.2.4). */
  ack(inviteCseq: number, parts?: RequestParts): SipRequest
  /** `out-of-order`: lower than one that came before, to be answered 500 (§12.2.2). ACK and CANCEL are always in order. */
  accept(request: SipRequest): 'in-order' | 'out-of-order'
  /** Takes the Contact of a target refresh request or of its 2xx (§12.2). False when there is none that may be used. */
  updateTarget(message: SipMessage): boolean
  /** The 2xx to our INVITE, or the one that we sent: the dialog is confirmed, and its route set final (§13.2.2.4). */
  confirm(response: SipResponse): void
  terminate(): void
}

export interface UasDialogOptions {
  /** Value of the Contact that we answered with. */
  readonly localContact: string
  readonly flow: Flow | undefined
}

/**
 * The dialog that our response with `toTag` to a dialog-forming request makes (§12.1.1). It starts `early`; `confirm` it with
 * the 2xx. Needs a Contact in the request: without one, requests go to the From URI.
 */
export function createUasDialog(request: SipRequest, toTag: string, options: UasDialogOptions): Dialog {
  return new DialogWithPeer({
    side: 'uas',
    callId: request.callId,
    localTag: toTag,
    remoteTag: request.fromTag ?? '',
    local: withTag(request.header('To') ?? '', toTag, request.toTag !== undefined),
    remote: request.header('From') ?? '',
    localUri: request.to.uri,
    remoteUri: request.from.uri,
    remoteTarget: contactOf(request) ?? request.from.uri,
    routeSet: routeSetOf(request.recordRoutes, 'uas'),
    // "If the request arrived over TLS, and the Request-URI contained a SIPS URI" (§12.1.1).
    secure: isSips(request.requestUri) && options.flow?.secure !== false,
    localSequence: undefined,
    remoteSequence: request.cseq.number,
    contact: options.localContact,
    flow: options.flow,
    state: 'early',
  })
}

/** The dialog that a response above 100 to our dialog-forming request makes (§12.1.2): `confirmed` by a 2xx, else `early`. */
export function createUacDialog(
  request: SipRequest,
  response: SipResponse,
  options: { readonly flow?: Flow | undefined } = {},
): Dialog {
  return new DialogWithPeer({
    side: 'uac',
    callId: request.callId,
    localTag: request.fromTag ?? '',
    remoteTag: response.toTag ?? '',
    local: request.header('From') ?? '',
    remote: response.header('To') ?? '',
    localUri: request.from.uri,
    remoteUri: request.to.uri,
    remoteTarget: contactOf(response) ?? request.requestUri,
    routeSet: routeSetOf(response.recordRoutes, 'uac'),
    secure: isSips(request.requestUri) && options.flow?.secure !== false,
    localSequence: request.cseq.number,
    remoteSequence: undefined,
    contact: request.header('Contact'),
    flow: options.flow,
    state: isSuccess(response) ? 'confirmed' : 'early',
  })
}

interface DialogParts {
  readonly side: 'uas' | 'uac'
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** Values for From and To, tags included. */
  readonly local: string
  readonly remote: string
  readonly localUri: Uri
  readonly remoteUri: Uri
  readonly remoteTarget: Uri
  readonly routeSet: readonly NameAddress[]
  readonly secure: boolean
  readonly localSequence: number | undefined
  readonly remoteSequence: number | undefined
  readonly contact: string | undefined
  readonly flow: Flow | undefined
  readonly state: DialogState
}

/** A first CSeq number leaves room below 2^31 (§8.1.1.5). */
const HIGHEST_FIRST_SEQUENCE = 0x1_0000
/** Requests whose 2xx may carry another Contact: they name ours (§12.2.1.1, RFC 3311, RFC 6665, RFC 3515). */
const TARGET_REFRESH: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'])

class DialogWithPeer implements Dialog {
  readonly id: string
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly localUri: Uri
  readonly remoteUri: Uri
  readonly secure: boolean
  flow: Flow | undefined
  readonly #parts: DialogParts
  #state: DialogState
  #remoteTarget: Uri
  #routeSet: readonly NameAddress[]
  #localSequence: number
  #remoteSequence: number | undefined

  constructor(parts: DialogParts) {
    this.id = dialogId(parts.callId, parts.localTag, parts.remoteTag)
    this.callId = parts.callId
    this.localTag = parts.localTag
    this.remoteTag = parts.remoteTag
    this.localUri = parts.localUri
    this.remoteUri = parts.remoteUri
    this.secure = parts.secure
    this.flow = parts.flow
    this.#parts = parts
    this.#state = parts.state
    this.#remoteTarget = parts.remoteTarget
    this.#routeSet = parts.routeSet
    this.#localSequence = parts.localSequence ?? randomInteger(HIGHEST_FIRST_SEQUENCE)
    this.#remoteSequence = parts.remoteSequence
  }

  get state(): DialogState {
    return this.#state
  }

  get remoteTarget(): Uri {
    return this.#remoteTarget
  }

  get routeSet(): readonly NameAddress[] {
    return this.#routeSet
  }

  get localSequence(): number {
    return this.#localSequence
  }

  get remoteSequence(): number | undefined {
    return this.#remoteSequence
  }

  get nextHop(): SipUri | undefined {
    return nextHopOf(this.#remoteTarget, this.#routeSet)
  }

  request(method: string, parts: RequestParts = {}): SipRequest {
    this.#localSequence++
    return this.#build(method, this.#localSequence, parts)
  }

  ack(inviteCseq: number, parts: RequestParts = {}): SipRequest {
    return this.#build('ACK', inviteCseq, parts)
  }

  accept(request: SipRequest): 'in-order' | 'out-of-order' {
    if (request.method === 'ACK' || request.method === 'CANCEL') return 'in-order'
    const { number } = request.cseq
    if (this.#remoteSequence !== undefined && number <= this.#remoteSequence) return 'out-of-order'
    this.#remoteSequence = number
    return 'in-order'
  }

  updateTarget(message: SipMessage): boolean {
    const target = contactOf(message)
    if (target === undefined) return false
    // "If the dialog is secure, the remote target … MUST be a SIPS URI" follows from §12.1 and §8.1.1.8.
    if (this.secure && !isSips(target)) return false
    this.#remoteTarget = target
    return true
  }

  confirm(response: SipResponse): void {
    if (this.#state === 'terminated') return
    if (this.#parts.side === 'uac') {
      this.updateTarget(response)
      if (this.#state === 'early') this.#routeSet = routeSetOf(response.recordRoutes, 'uac')
    }
    this.#state = 'confirmed'
  }

  terminate(): void {
    this.#state = 'terminated'
  }

  #build(method: string, sequence: number, parts: RequestParts): SipRequest {
    const { requestUri, routes } = routeRequest(this.#remoteTarget, this.#routeSet)
    const headers: HeaderPair[] = routes.map(route => ['Route', route] as const)
    headers.push(
      ['Max-Forwards', '70'],
      ['From', this.#parts.local],
      ['To', this.#parts.remote],
      ['Call-ID', this.callId],
      ['CSeq', `${sequence} ${method}`],
    )
    const own = parts.headers ?? []
    const { contact } = this.#parts
    if (contact !== undefined && TARGET_REFRESH.has(method) && !own.some(([name]) => name === 'Contact')) {
      headers.push(['Contact', contact])
    }
    headers.push(...own)
    return buildRequest({ method, uri: requestUri, headers, body: parts.body, contentType: parts.contentType })
  }
}

function contactOf(message: SipMessage): Uri | undefined {
  const { contacts } = message
  const uri = contacts === '*' ? undefined : contacts[0]?.uri
  // Anything but a SIP URI could not be sent to.
  return uri?.kind === 'sip' ? { ...uri, headers: '' } : undefined
}

function isSips(uri: Uri): boolean {
  return uri.kind === 'sip' && uri.scheme === 'sips'
}

function isSuccess(response: SipResponse): boolean {
  return response.status >= 200 && response.status < 300
}

function withTag(value: string, tag: string, present: boolean): string {
  return present ? value : `${value};tag=${tag}`
}
