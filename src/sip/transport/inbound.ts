/** From bytes to a message that the layers above may trust in form, or to a refusal (RFC 3261 §16.3, §18.3, §21.4). */
import { hash } from 'node:crypto'
import { randomHex } from '../../base/random.ts'
import { buildResponse } from '../message/build.ts'
import { parseMessage } from '../message/parse.ts'
import { serialise } from '../message/serialise.ts'
import type { MessageLimits, SipMessage, SipRequest } from '../message/types.ts'
import { validateRequest, validateResponse } from '../message/validate.ts'
import { withReceived } from './received.ts'
import type { FramingError } from './stream-framer.ts'
import type { Flow, MessageReceiver, TransportObserver } from './types.ts'

export interface InboundOptions {
  readonly limits: MessageLimits
  readonly observer: TransportObserver
  readonly mayAnswer: (flow: Flow) => boolean
  readonly mayRefuse?: ((request: SipRequest, flow: Flow) => boolean) | undefined
  readonly send: (flow: Flow, bytes: Buffer) => boolean
}

export interface Inbound {
  setReceiver(receiver: MessageReceiver): void
  /** One message: a datagram, a WebSocket frame, or what the framer cut out. */
  onBytes(bytes: Buffer, flow: Flow): void
  /** The stream cannot be cut any further: answers where it can. The caller closes the connection. */
  onFramingError(error: FramingError, flow: Flow): void
}

interface Refusal {
  readonly status: number
  readonly reason?: string | undefined
  readonly headers?: readonly (readonly [string, string])[] | undefined
}

export function createInbound(options: InboundOptions): Inbound {
  const { limits, observer, send, mayAnswer, mayRefuse = () => true } = options
  const tagKey = randomHex(16)
  let receiver: MessageReceiver | undefined

  /** Stateless answer; a retransmission gets the same To tag (RFC 3261 §8.2.7). `room`: octets that came in. */
  function answer(request: SipRequest, refusal: Refusal, flow: Flow, room: number): void {
    if (request.method === 'ACK' || !mayAnswer(flow) || !mayRefuse(request, flow)) return
    const identity = `${tagKey}${request.header('Call-ID')}${request.header('Via')}`
    const extra = { toTag: hash('sha256', identity).slice(0, 8), headers: refusal.headers }
    const build = (to: SipRequest): Buffer => serialise(buildResponse(to, refusal.status, refusal.reason, extra))
    const stamped = attempt(() => withReceived(request, flow.remoteAddress, flow.remotePort)) ?? request
    let response = attempt(() => build(stamped))
    // A source that may be forged never gets more octets than it sent: rather without `received`, rather nothing.
    if (response !== undefined && !flow.reliable && response.length > room) response = attempt(() => build(request))
    if (response === undefined || (!flow.reliable && response.length > room)) return
    send(flow, response)
  }

  function refuse(flow: Flow, code: string, detail: string): void {
    observer.messageRefused?.(flow, code, detail.length > 200 ? `${detail.slice(0, 200)}…` : detail)
  }

  function deliver(message: SipMessage, flow: Flow): void {
    try {
      receiver?.onMessage(message, flow)
    } catch (error) {
      if (observer.messageFailed === undefined) throw error
      observer.messageFailed(flow, error)
    }
  }

  return {
    setReceiver(next) {
      receiver = next
    },
    onBytes(bytes, flow) {
      const parsed = parseMessage(bytes, limits)
      if (!parsed.ok) {
        refuse(flow, parsed.error.code, parsed.error.detail)
        if (parsed.error.request !== undefined)
          answer(parsed.error.request, { status: parsed.error.status }, flow, bytes.length)
        return
      }
      let message: SipMessage = parsed.value
      if (message.kind === 'request') {
        const refusal = validateRequest(message)
        if (refusal !== undefined) {
          refuse(flow, refusal.code, refusal.reason)
          answer(message, refusal, flow, bytes.length)
          return
        }
        message = withReceived(message, flow.remoteAddress, flow.remotePort)
      } else {
        const fault = validateResponse(message)
        if (fault !== undefined) {
          refuse(flow, 'SIP_PARSE_RESPONSE', fault)
          return
        }
      }
      observer.messageReceived?.(flow, bytes, message)
      deliver(message, flow)
    },
    onFramingError(error, flow) {
      refuse(flow, error.code, error.detail)
      const parsed = parseMessage(wholeLines(error.head), limits)
      const message = parsed.ok ? parsed.value : parsed.error.request
      if (message?.kind === 'request') answer(message, { status: error.status }, flow, error.head.length)
    },
  }
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** The lines of a head that were read to their end, as a message that has no more of them. */
function wholeLines(head: Buffer): Buffer {
  const end = head.indexOf(HEAD_END)
  if (end >= 0) return head.subarray(0, end + HEAD_END.length)
  const last = head.lastIndexOf('\r\n')
  return last < 0 ? head : Buffer.concat([head.subarray(0, last), HEAD_END])
}

/** A malformed message's accessors may throw SipParseError: then there is nothing to answer with. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
