/** What the layers above see of the network (RFC 3261 §18, RFC 5626, RFC 7118). */
import type { SipMessage, SipUri } from '../message/types.ts'

export type TransportProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'

export interface ClientCertificate {
  readonly subject: string
  /** SHA-256, lower-case hexadecimal without colons. */
  readonly fingerprint: string
  readonly serialNumber: string
  /** True when it chains to the configured client CA. */
  readonly trusted: boolean
  readonly subjectAlternativeNames: readonly string[]
}

export interface TlsSession {
  /** `TLSv1.3` … */
  readonly protocol: string
  /** IANA name of the cipher suite. */
  readonly cipher: string
  readonly clientCertificate: ClientCertificate | undefined
  /** Of the peer that we connected to; absent on connections that came in. */
  readonly serverCertificate?: ServerCertificate | undefined
}

/** What a server showed us, and we accepted. */
export interface ServerCertificate {
  readonly subject: string
  readonly issuer: string
  /** `DNS:sip.example.com`, `URI:sip:example.com`, `IP Address:192.0.2.1`. */
  readonly subjectAlternativeNames: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

/**
 * A path to one peer (RFC 5626 §3.1): a connection, or for UDP a pair of socket and remote address. A flow is the only
 * way to reach a phone behind a NAT. `id` is unguessable and never reused.
 */
export interface Flow {
  readonly id: string
  readonly protocol: TransportProtocol
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** TLS and WSS. */
  readonly secure: boolean
  /** All but UDP. */
  readonly reliable: boolean
  readonly tls: TlsSession | undefined
  /** The listener it came in by, or undefined for a connection that we opened. */
  readonly listener: Listener | undefined
  /** False from the moment that the connection closed; UDP flows stay open. */
  readonly open: boolean
}

export interface Listener {
  readonly protocol: TransportProtocol
  /** The address it is bound to, and the port (the real one where 0 was asked for). */
  readonly address: string
  readonly port: number
  /** A plaintext listener that exists only as an `allowInsecure…` exception. */
  readonly insecure: boolean
}

/** Where a request may go (RFC 3263): tried in order. */
export interface Target {
  readonly protocol: TransportProtocol
  readonly address: string
  readonly port: number
  /** Name that the peer's certificate has to carry (RFC 5922), for TLS and WSS. */
  readonly serverName: string | undefined
  readonly trust?: PeerTrust | undefined
  /** Connections are shared within a pool only: whoever names one has them to itself. */
  readonly pool?: string | undefined
}

/** How one peer is known beside what the layer itself trusts. */
export interface PeerTrust {
  /** Names of which its certificate has to carry one, instead of `serverName` (RFC 5922 §7.1). Empty: `serverName`. */
  readonly names: readonly string[]
  /** PEM of authorities that are trusted for this peer only, beside the layer's. */
  readonly authorityPem: string | undefined
}

export type FlowCloseReason =
  | 'peer-closed'
  | 'idle'
  | 'handshake-timeout'
  | 'tls-error'
  | 'framing-error'
  | 'slow-peer'
  | 'limit'
  | 'keepalive-timeout'
  | 'stopped'
  /** The layers above want nothing of this peer. */
  | 'refused'
  | 'error'

/** Asked before bytes of a stranger cost anything. `main.ts` plugs the firewall in here. */
export interface InboundFilter {
  /** A connection was accepted, before its TLS handshake. False: closed without a word. */
  acceptConnection(remoteAddress: string, protocol: TransportProtocol): boolean
  /** A datagram arrived, before it is parsed. False: dropped. */
  acceptDatagram(remoteAddress: string, remotePort: number, bytes: Buffer): boolean
}

/** Things worth telling that are not messages. All optional for the implementer, all synchronous, none may throw. */
export interface TransportObserver {
  listening?(listener: Listener): void
  flowOpened?(flow: Flow): void
  flowClosed?(flow: Flow, reason: FlowCloseReason): void
  /** A connection ended before it became a flow: handshake failed or too slow, limit reached, filter said no. */
  connectionRefused?(remoteAddress: string, protocol: TransportProtocol, reason: string): void
  /** A message that parsed and validated, as it came; before the layers above see it. */
  messageReceived?(flow: Flow, bytes: Uint8Array, message: SipMessage): void
  /** What is about to leave, as it leaves. */
  messageSent?(flow: Flow, bytes: string | Uint8Array): void
  /** Bytes that are not an acceptable message. `error` is a SIP_PARSE_… or SIP_FRAME_… code. */
  messageRefused?(flow: Flow, error: string, detail: string): void
  /** The layers above threw on this message: a fault of ours. It is dropped. Without this method the error is thrown. */
  messageFailed?(flow: Flow, error: unknown): void
  /** A listener could not accept (out of file descriptors, buffers …). Said at most once a minute for each listener. */
  listenerFailing?(listener: Listener, code: string, detail: string): void
}

export interface MessageReceiver {
  /** A message that parsed and validated. Via `received`/`rport` are already filled in (RFC 3261 §18.2.1, RFC 3581 §4). */
  onMessage(message: SipMessage, flow: Flow): void
}

/** The layer as the transaction layer and the registrar use it. */
export interface Transport {
  /** Hands bytes to the peer. False when the flow is closed or its send queue is full (the flow is then closed). */
  send(flow: Flow, bytes: string | Uint8Array): boolean
  /** An open flow to the target, reused or newly connected. Rejects with TransportError after the connect timeout. */
  connect(target: Target): Promise<Flow>
  /** RFC 3263: targets for a URI, in order; empty when nothing resolves. Never plaintext for `sips:`. */
  resolve(uri: SipUri): Promise<readonly Target[]>
  /** The open flow with this id, if any. */
  flow(id: string): Flow | undefined
  /** The UDP flow to another port of the same peer, over the same socket; of a connection, itself. */
  flowToPort(flow: Flow, remotePort: number): Flow
  onFlowClosed(callback: (flow: Flow, reason: FlowCloseReason) => void): void
  /**
   * A registration or a call uses this flow: for `seconds` it may be silent (never less than the idle time), is not
   * evicted (UDP), and no longer counts as a stranger's connection.
   */
  keepAlive(flow: Flow, seconds: number): void
  /** Ends the flow: what was sent is flushed first. A UDP flow is forgotten. */
  close(flow: Flow, reason?: 'stopped' | 'refused'): void
}
