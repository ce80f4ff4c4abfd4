/** What the relay may refuse to its caller by an exception: only what nobody at the other end of a call caused. */

export type MediaErrorCode =
  /** No worker lives, or every port of the range is in use or in quarantine: the call gets 503. */
  | 'MEDIA_NO_CAPACITY'
  /** An operation on a bridge that was closed, or on an engine that was not started. */
  | 'MEDIA_CLOSED'
  /** The order of offer and answer is broken by the caller: an answer without an offer. */
  | 'MEDIA_BAD_STATE'

export class MediaError extends Error {
  readonly code: MediaErrorCode

  constructor(code: MediaErrorCode, message: string) {
    super(message)
    this.name = 'MediaError'
    this.code = code
  }
}
