/** A message that cannot be understood, and the bounds within which one may be. */
import { MESSAGE_ERRORS, type MessageErrorCode } from './errors.ts'
import type { MessageLimits, SipRequest } from './types.ts'

export class SipParseError extends Error {
  readonly code: MessageErrorCode
  /** What was found, safe to log. */
  readonly detail: string
  /** SIP status of the answer, where the message is a request that can be answered. */
  readonly status: number
  /** The request with whatever could be read, when that is enough to answer it; never to be acted upon. */
  readonly request: SipRequest | undefined

  constructor(code: MessageErrorCode, detail: string, request?: SipRequest) {
    super(`${code}: ${detail}`)
    this.name = 'SipParseError'
    this.code = code
    this.detail = detail
    this.status = MESSAGE_ERRORS[code][0]
    this.request = request
  }
}

export const DEFAULT_LIMITS: MessageLimits = {
  maximumMessageLength: 65_535,
  maximumLineLength: 8_192,
  maximumHeaderCount: 128,
  maximumBodyLength: 32_768,
}

/** Parameters of one URI or one header value. */
export const MAXIMUM_PARAMETERS = 64
/** Vias, routes or contacts of one message. RFC 3261 §8.1.1.6 starts Max-Forwards at 70. */
export const MAXIMUM_LIST_LENGTH = 100
