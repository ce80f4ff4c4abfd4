/** What differs between transports, and from the plain reading of a torture message. */

/** Where the RFC's text asks something else of a stream, or where we do something else and say why. */
export interface Special {
  /** Statuses in order, on a stream. */
  readonly stream?: readonly number[]
  /** On a stream the framing is lost: the connection has to be closed. */
  readonly closes?: true
  readonly statuses?: readonly number[]
  /** Stands in the table. */
  readonly remark?: string
  /** Not run as the others are. */
  readonly apart?: true
  /** The octets over UDP, where another message has taken the same transaction. */
  readonly datagram?: (text: string) => string
}

export const RFC4475_SPECIALS: Readonly<Record<string, Special>> = {
  dblreq: {
    stream: [401, 400],
    closes: true,
    remark:
      'On a stream the octets are a second request (400: it has no Contact), and an end of line too much after its body closes the connection',
  },
  // §3.1.2.3: "If a request like this arrives over TCP, the framing error is not recoverable, and the connection should be closed."
  ncl: { closes: true },
  mcl01: { closes: true },
  clerr: { apart: true },
  inv2543: {
    statuses: [400],
    closes: true,
    remark:
      'The forms of RFC 2543 are taken, the lack of a Contact is not (RFC 3261 §8.1.1.8): the next row. A stream cannot be framed without Content-Length (§18.3)',
  },
}

export const RFC5118_SPECIALS: Readonly<Record<string, Special>> = {
  // The RFC prints both OPTIONS of §4.10 with one branch and one CSeq: over UDP, where an answer is kept for
  // retransmissions, the first gets others, so that the second is no retransmission of it.
  'ipv6-bug-abnf-3-colons': {
    datagram: text => text.replace('z9hG4bKas3-111', 'z9hG4bKas3-112').replace('CSeq: 689', 'CSeq: 690'),
  },
}
