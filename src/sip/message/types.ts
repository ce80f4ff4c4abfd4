/**
 * The shapes of a SIP message (RFC 3261 §7, §19, §20, §25).
 *
 * Text in a message is a byte string: one character for each byte (latin1), exactly as on the wire, so that nothing is
 * lost and slicing is cheap. `decodeText` (text.ts) turns such a text into Unicode where a person reads it.
 */
import type { AuthenticationValue } from './challenge.ts'

/** Parameters in wire order; names in lower case; a parameter without `=` has the value `undefined`. */
export type Parameters = ReadonlyMap<string, string | undefined>

/** `sip:` or `sips:` URI (§19.1), or another scheme kept whole (`tel:`, `urn:`, `http:` …). */
export interface SipUri {
  readonly kind: 'sip'
  readonly scheme: 'sip' | 'sips'
  /** User part with its escapes removed, or undefined. */
  readonly user: string | undefined
  /** Present only where a peer sent one (deprecated by §19.1.1). */
  readonly password: string | undefined
  /** Host name in lower case, IPv4 address, or IPv6 address without brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly parameters: Parameters
  /** `?name=value` headers, escapes kept. */
  readonly headers: string
}

export interface OpaqueUri {
  readonly kind: 'opaque'
  /** Lower case, without the colon. */
  readonly scheme: string
  readonly rest: string
}

export type Uri = SipUri | OpaqueUri

/** From, To, Contact, Route, Record-Route, Path, Refer-To … (§20.10, §25.1 name-addr / addr-spec). */
export interface NameAddress {
  /** Unquoted and unescaped byte string, or undefined. */
  readonly displayName: string | undefined
  readonly uri: Uri
  /** Header parameters (tag, q, expires, +sip.instance …), never URI parameters. */
  readonly parameters: Parameters
}

export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, WSS, or what else was sent. */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly branch: string | undefined
  readonly received: string | undefined
  /** `undefined`: absent; `null`: present without a value (RFC 3581 §3). */
  readonly rport: number | null | undefined
  readonly parameters: Parameters
}

export interface CSeq {
  readonly number: number
  readonly method: string
}

/** One header field as it came, unfolded; `name` in its canonical long form (`Via`, `Call-ID`, `X-Other` as sent). */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

/**
 * What requests and responses share. Immutable. Typed accessors parse on first use and keep the result. After
 * `validate…` accepted the message, none of the accessors below throws; before that they throw SipParseError.
 */
export interface MessageBase {
  readonly headers: readonly HeaderField[]
  readonly body: Uint8Array
  /** First value of a header, raw, or undefined. `name` in canonical form. */
  header(name: string): string | undefined
  /** All values; comma-separated list headers split (outside quotes and angle brackets). */
  headerValues(name: string): readonly string[]
  /** The values of Authorization or Proxy-Authorization, read. Throws SipParseError when one is malformed. */
  credentials(name: 'Authorization' | 'Proxy-Authorization'): readonly AuthenticationValue[]
  readonly callId: string
  readonly cseq: CSeq
  readonly from: NameAddress
  readonly to: NameAddress
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  readonly vias: readonly Via[]
  readonly topmostVia: Via
  readonly contacts: readonly NameAddress[] | '*'
  readonly routes: readonly NameAddress[]
  readonly recordRoutes: readonly NameAddress[]
  /** Lower case `type/subtype` without parameters, or undefined. */
  readonly contentType: string | undefined
}

export interface SipRequest extends MessageBase {
  readonly kind: 'request'
  /** Case-sensitive (§7.1). */
  readonly method: string
  readonly requestUri: Uri
  readonly requestUriText: string
  readonly maxForwards: number | undefined
}

export interface SipResponse extends MessageBase {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
}

export type SipMessage = SipRequest | SipResponse

/** Bounds on what is accepted from the network. */
export interface MessageLimits {
  /** Octets of a whole message. Default 65,535. */
  readonly maximumMessageLength: number
  /** Octets of the start line and of one unfolded header field. Default 8,192. */
  readonly maximumLineLength: number
  /** Header fields in a message. Default 128. */
  readonly maximumHeaderCount: number
  /** Octets of a body. Default 32,768. */
  readonly maximumBodyLength: number
}
