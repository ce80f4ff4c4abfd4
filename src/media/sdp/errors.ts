/** What can be wrong with a session description. */

export type SdpErrorCode =
  /** Longer than 16,384 characters. */
  | 'SDP_TOO_LONG'
  /** More lines, media descriptions, attributes or formats than the limits allow. */
  | 'SDP_TOO_MANY'
  /** A line is not `<letter>=<text>`, or holds a control character. */
  | 'SDP_BAD_LINE'
  /** A mandatory line is missing, or a line stands where it may not (RFC 8866 §5). */
  | 'SDP_BAD_ORDER'
  /** The text of a v=, o=, c=, b=, t= or m= line does not follow its grammar (RFC 8866 §9). */
  | 'SDP_BAD_VALUE'

export interface SdpError {
  readonly code: SdpErrorCode
  /** For a person; quotes at most a few dozen characters of the input. */
  readonly detail: string
  /** From 1. */
  readonly line: number
}
