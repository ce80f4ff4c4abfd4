/** Octets that no SIP message may have, and sizes beyond reason, each in a REGISTER that would otherwise be challenged. */
import type { Protocol } from './peer.ts'

/** A whole datagram, with room for what IP and UDP add. */
const LARGEST_DATAGRAM = 65_000
let counter = 0

export interface Parts {
  readonly startLine?: string
  /** Whole lines, with their ends. */
  readonly lines?: string
  readonly length?: string
  readonly body?: string
  readonly end?: string
}

/** A REGISTER that would be challenged with 401 if it were taken. */
function register(protocol: Protocol, parts: Parts): string {
  const name = `framing${++counter}`
  const { startLine = 'REGISTER sip:example.com SIP/2.0\r\n', lines = '', body = '', end = '\r\n' } = parts
  const length = parts.length ?? `Content-Length: ${body.length}\r\n`
  return (
    `${startLine}Via: SIP/2.0/${protocol} 192.0.2.7;branch=z9hG4bK${name}\r\nMax-Forwards: 70\r\n` +
    `From: <sip:701@example.com>;tag=${name}\r\nTo: <sip:701@example.com>\r\nCall-ID: ${name}@192.0.2.7\r\n` +
    `CSeq: 1 REGISTER\r\n${lines}${length}${end}${body}`
  )
}

export interface Hostile {
  readonly section: string
  readonly scenario: string
  readonly demanded: string
  readonly parts: (protocol: Protocol) => Parts
  /** The request cannot be read far enough to be answered: over UDP there is silence, a stream is closed. */
  readonly unanswerable?: true
  readonly status?: number
  /** The last word on the octets. */
  readonly mangle?: (text: string) => string
}

export function hostileOctets({ parts, mangle }: Hostile, protocol: Protocol): string {
  const whole = register(protocol, parts(protocol))
  return mangle?.(whole) ?? whole
}

const CONTROL = 'no control characters outside a quoted-pair'
const LINES = 'lines end in CRLF; CR and LF stand nowhere else'
const LENGTH = 'one Content-Length, 1*DIGIT'
const SIZE = '513 when the message is too long to process'

const header =
  (text: string): ((protocol: Protocol) => Parts) =>
  () => ({ lines: text })
const length =
  (text: string, body = ''): ((protocol: Protocol) => Parts) =>
  () => ({ length: text, body })

/** As many octets, or as many as a datagram holds. */
function large(size: number): (protocol: Protocol) => Parts {
  return protocol => ({ lines: `X: ${'x'.repeat(protocol === 'UDP' ? LARGEST_DATAGRAM - 500 : size)}\r\n` })
}

export const HOSTILE: readonly Hostile[] = [
  { section: '§25.1', scenario: 'NUL in a header value', demanded: CONTROL, parts: header('Subject: a\0b\r\n') },
  { section: '§25.1', scenario: 'NUL in a header name', demanded: CONTROL, parts: header('Sub\0ject: a\r\n') },
  {
    section: '§25.1',
    scenario: 'NUL in a SIP URI',
    demanded: CONTROL,
    parts: header('X: y\r\nReply-To: <sip:a\0b@example.com>\r\n'),
  },
  {
    section: '§25.1',
    scenario: 'NUL in a quoted string',
    demanded: CONTROL,
    parts: header('Contact: "a\0b" <sip:a@example.com>\r\n'),
  },
  {
    section: '§25.1',
    scenario: 'NUL in the Request-URI',
    demanded: CONTROL,
    parts: () => ({ startLine: 'REGISTER sip:exam\0ple.com SIP/2.0\r\n' }),
  },
  {
    section: '§25.1',
    scenario: 'DEL, BEL and ESC in a header value',
    demanded: CONTROL,
    parts: header('Subject: \x7f\x07\x1b[0m\r\n'),
  },
  { section: '§7', scenario: 'bare CR in a header value', demanded: LINES, parts: header('Subject: a\rVia: b\r\n') },
  { section: '§7', scenario: 'bare LF in a header value', demanded: LINES, parts: header('Subject: a\nX: b\r\n') },
  { section: '§7', scenario: 'a header line that ends in LF', demanded: LINES, parts: header('Subject: a\n') },
  { section: '§7', scenario: 'a header line that ends in CR', demanded: LINES, parts: header('Subject: a\r') },
  { section: '§7', scenario: 'CR CR LF at the end of a line', demanded: LINES, parts: header('Subject: a\r\r\n') },
  {
    section: '§7',
    scenario: 'a head that ends in LF LF',
    demanded: LINES,
    parts: () => ({ length: 'Content-Length: 0\n', end: '\n' }),
  },
  {
    section: '§7',
    scenario: 'all lines end in LF alone',
    demanded: LINES,
    parts: () => ({}),
    mangle: text => text.replaceAll('\r\n', '\n'),
    unanswerable: true,
  },
  {
    section: '§7',
    scenario: 'all lines end in CR alone, then a line end',
    demanded: LINES,
    parts: () => ({}),
    mangle: text => `${text.replaceAll('\r\n', '\r')}\r\n\r\n`,
    unanswerable: true,
  },
  {
    section: '§7',
    scenario: 'invalid UTF-8: a lone continuation',
    demanded: 'UTF-8',
    parts: header('Subject: \x80\r\n'),
  },
  { section: '§7', scenario: 'invalid UTF-8: overlong NUL', demanded: 'UTF-8', parts: header('Subject: \xc0\x80\r\n') },
  {
    section: '§7',
    scenario: 'invalid UTF-8: half of a surrogate pair',
    demanded: 'UTF-8',
    parts: header('Subject: \xed\xa0\x80\r\n'),
  },
  { section: '§7', scenario: 'invalid UTF-8: 0xFF', demanded: 'UTF-8', parts: header('Subject: \xff\xfe\r\n') },
  {
    section: '§20.14',
    scenario: 'two different Content-Lengths',
    demanded: LENGTH,
    parts: length('Content-Length: 0\r\nContent-Length: 5\r\n', 'hello'),
  },
  {
    section: '§20.14',
    scenario: 'two different ones, one of them compact',
    demanded: LENGTH,
    parts: length('l: 5\r\nContent-Length: 0\r\n', 'hello'),
  },
  {
    section: '§20.14',
    scenario: 'the same Content-Length twice',
    demanded: LENGTH,
    parts: length('Content-Length: 0\r\nContent-Length: 0\r\n'),
  },
  {
    section: '§20.14',
    scenario: 'a list of Content-Lengths',
    demanded: LENGTH,
    parts: length('Content-Length: 0, 0\r\n'),
  },
  {
    section: '§20.14',
    scenario: 'a Content-Length with a sign',
    demanded: LENGTH,
    parts: length('Content-Length: +0\r\n'),
  },
  {
    section: '§20.14',
    scenario: 'a hexadecimal Content-Length',
    demanded: LENGTH,
    parts: length('Content-Length: 0x0\r\n'),
  },
  { section: '§20.14', scenario: 'an empty Content-Length', demanded: LENGTH, parts: length('Content-Length: \r\n') },
  {
    section: '§20.14',
    scenario: 'a Content-Length of 2^32',
    demanded: LENGTH,
    parts: length('Content-Length: 4294967296\r\n'),
  },
  {
    section: '§20.14',
    scenario: 'a Content-Length of 2^64',
    demanded: LENGTH,
    parts: length('Content-Length: 18446744073709551616\r\n'),
  },
  {
    section: '§21.5.7',
    scenario: 'a header field of 1 MB (UDP: 64 kB)',
    demanded: SIZE,
    status: 513,
    parts: large(1_048_576),
  },
  {
    section: '§21.5.7',
    scenario: '10,000 header fields',
    demanded: SIZE,
    status: 513,
    parts: header('X:1\r\n'.repeat(10_000)),
  },
  {
    section: '§21.5.7',
    scenario: '10,000 values in one header field',
    demanded: SIZE,
    status: 513,
    parts: () => ({ lines: `Supported: ${'a,'.repeat(10_000)}a\r\n` }),
  },
  {
    section: '§21.5.7',
    scenario: '10,000 folds of one header field',
    demanded: SIZE,
    status: 513,
    parts: () => ({ lines: `Subject: a${'\r\n b'.repeat(10_000)}\r\n` }),
  },
  {
    section: '§21.5.7',
    scenario: 'a Request-URI of 60 kB',
    demanded: '414 or 513',
    parts: () => ({ startLine: `REGISTER sip:${'a'.repeat(60_000)} SIP/2.0\r\n` }),
  },
  {
    section: '§7.3.1',
    scenario: 'a header line without a colon',
    demanded: 'field-name ":" field-value',
    parts: header('Subject\r\n'),
  },
  {
    section: '§7.3.1',
    scenario: 'a continuation line before any header',
    demanded: 'a fold continues a header field',
    parts: () => ({ startLine: 'REGISTER sip:example.com SIP/2.0\r\n X: y\r\n' }),
  },
]
