/** A flow over a connection (TCP, TLS, WS, WSS): framing, queue bound, and the times by which the peer has to speak. */
import { randomToken } from '../../base/random.ts'
import type { MessageLimits } from '../message/types.ts'
import type { Admission } from './connection-counts.ts'
import type { TransportLimits } from './limits.ts'
import { type FramingError, type FrameSink, StreamFramer } from './stream-framer.ts'
import type { Flow, FlowCloseReason, Listener, TlsSession, TransportProtocol } from './types.ts'

/** What carries the octets. */
export interface Wire {
  readonly writable: boolean
  /** Octets that wait to be sent. */
  readonly queued: number
  /** False: enough waits now; the flow is told by `drained` when all of it is gone. */
  send(bytes: string | Uint8Array): boolean
  /** Reads no more until `resume`: what the peer sends waits on its side. */
  pause(): void
  resume(): void
  /** Flushes, then closes. */
  end(): void
  destroy(): void
}

export interface FlowHost {
  readonly limits: TransportLimits
  readonly messageLimits: MessageLimits
  /** Milliseconds, monotonic, of the last sweep: exact to a second. */
  readonly now: number
  /** Calls `flow.flush()` at the end of this turn of the event loop. */
  flushLater(flow: ConnectionFlow): void
  onFrame(bytes: Buffer, flow: ConnectionFlow): void
  onFramingError(error: FramingError, flow: ConnectionFlow): void
  /** The flow is no longer usable; its connection may still be flushing. */
  onClosed(flow: ConnectionFlow, reason: FlowCloseReason): void
  /** Its connection does not exist any more. */
  onGone(flow: ConnectionFlow): void
}

export interface FlowAddresses {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
}

export interface ConnectionFlowOptions extends FlowAddresses {
  readonly protocol: TransportProtocol
  readonly listener: Listener | undefined
  readonly tls: TlsSession | undefined
  readonly wire: Wire
  readonly host: FlowHost
  readonly admission: Admission | undefined
}

const CRLF = '\r\n'
const LINGER_MS = 2_000
/** Octets that wait for the end of the turn at most. */
const MOST_TOGETHER = 65_536
const NEVER = -1

export class ConnectionFlow implements Flow, FrameSink {
  readonly id = randomToken(15)
  readonly protocol: TransportProtocol
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly secure: boolean
  readonly reliable = true
  readonly tls: TlsSession | undefined
  readonly listener: Listener | undefined
  readonly #host: FlowHost
  readonly #wire: Wire
  readonly #admission: Admission | undefined
  /** Undefined for WebSocket, where a frame is a message (RFC 7118 §4.2). */
  readonly #framer: StreamFramer | undefined
  readonly #openedAt: number
  #open = true
  #heard = false
  #lastActive: number
  #partialSince = NEVER
  #silentUntil = 0
  #destroyAt = Number.POSITIVE_INFINITY
  #framesOfChunk = 0
  /** What was sent in this turn; it leaves in one write. */
  #outgoing: (string | Uint8Array)[] = []
  #outgoingLength = 0
  #pinged = false
  /** Since when the peer is not read, because it does not read us. */
  #pausedSince = NEVER

  constructor(options: ConnectionFlowOptions) {
    const { protocol, host } = options
    this.protocol = protocol
    this.localAddress = options.localAddress
    this.localPort = options.localPort
    this.remoteAddress = options.remoteAddress
    this.remotePort = options.remotePort
    this.secure = protocol === 'TLS' || protocol === 'WSS'
    this.tls = options.tls
    this.listener = options.listener
    this.#host = host
    this.#wire = options.wire
    this.#admission = options.admission
    const stream = protocol === 'TCP' || protocol === 'TLS'
    this.#framer = stream ? new StreamFramer(this, host.messageLimits) : undefined
    this.#openedAt = host.now
    this.#lastActive = host.now
  }

  get open(): boolean {
    return this.#open
  }

  /** Octets from a stream, in order. After the flow is closed they are read and thrown away, so that the end is clean. */
  receive(chunk: Buffer): void {
    if (!this.#open || this.#framer === undefined) return
    this.#lastActive = this.#host.now
    this.#framesOfChunk = 0
    this.#framer.push(chunk)
    if (!this.#open) return
    if (this.#pinged) this.#answerPing()
    if (this.#outgoingLength > MOST_TOGETHER) this.flush()
    if (!this.#framer.partial) this.#partialSince = NEVER
    else if (this.#partialSince === NEVER || this.#framesOfChunk > 0) this.#partialSince = this.#host.now
  }

  /** One WebSocket message: a SIP message, or a keep-alive of CRLFs (RFC 7118 §6, RFC 5626 §4.4.1). */
  receiveFrame(bytes: Buffer): void {
    if (!this.#open) return
    this.#lastActive = this.#host.now
    if (bytes.length > 4 || !/^[\r\n]*$/.test(bytes.toString('latin1'))) this.onFrame(bytes)
    else if (bytes.length === 4) this.#answerPing()
  }

  /** Whoever sends faster than it reads our answers waits: they never pile up, however much comes at once. */
  #write(bytes: string | Uint8Array): void {
    if (this.#wire.send(bytes) || !this.#open || this.#pausedSince !== NEVER) return
    this.#pausedSince = this.#host.now
    this.#wire.pause()
  }

  /** The wire has taken everything. */
  drained(): void {
    if (this.#pausedSince === NEVER) return
    this.#pausedSince = NEVER
    this.#wire.resume()
  }

  /** The peer showed that it lives, without a message (WebSocket ping or pong). */
  touch(): void {
    this.#lastActive = this.#host.now
  }

  onFrame(bytes: Buffer): boolean {
    this.#heard = true
    this.#framesOfChunk++
    this.#host.onFrame(bytes, this)
    return this.#open
  }

  onPing(): void {
    this.#pinged = true
  }

  onFramingError(error: FramingError): void {
    this.#host.onFramingError(error, this)
    this.close('framing-error')
  }

  #answerPing(): void {
    this.#pinged = false
    this.send(CRLF)
  }

  send(bytes: string | Uint8Array): boolean {
    if (!this.#open || !this.#wire.writable) return false
    if (this.#wire.queued + this.#outgoingLength + bytes.length > this.#host.limits.sendQueueBytes) {
      this.abort('slow-peer')
      return false
    }
    this.#lastActive = this.#host.now
    // A WebSocket message is a frame (RFC 7118 §4.2): nothing to join.
    if (this.#framer === undefined) {
      this.#write(bytes)
      return true
    }
    this.#outgoing.push(bytes)
    this.#outgoingLength += bytes.length
    if (this.#outgoing.length === 1) this.#host.flushLater(this)
    return true
  }

  /** Sends what waits. */
  flush(): void {
    const outgoing = this.#outgoing
    if (outgoing.length === 0) return
    const length = this.#outgoingLength
    this.#outgoing = []
    this.#outgoingLength = 0
    if (this.#wire.writable) this.#write(outgoing.length === 1 ? outgoing[0]! : joined(outgoing, length))
  }

  keepAlive(seconds: number): void {
    this.#heard = true
    this.#silentUntil = Math.max(this.#silentUntil, this.#host.now + seconds * 1000)
    this.#admission?.known()
  }

  /** Why the flow has to end now, if it has to. Called about once a second. */
  overdue(now: number): FlowCloseReason | undefined {
    const { limits } = this.#host
    if (this.#partialSince !== NEVER && now - this.#partialSince >= limits.messageSeconds * 1000) return 'slow-peer'
    if (this.#pausedSince !== NEVER && now - this.#pausedSince >= limits.messageSeconds * 1000) return 'slow-peer'
    const inbound = this.listener !== undefined
    if (inbound && !this.#heard && now - this.#openedAt >= limits.firstMessageSeconds * 1000) return 'idle'
    if (now - this.#lastActive >= limits.idleSeconds * 1000 && now >= this.#silentUntil) return 'idle'
    return undefined
  }

  /** Enforces the times. */
  sweep(now: number): void {
    if (!this.#open) {
      if (now >= this.#destroyAt) this.#wire.destroy()
      return
    }
    const reason = this.overdue(now)
    if (reason !== undefined) this.close(reason)
  }

  /** Flushes and closes; what the peer still sends is thrown away, at most for two seconds. */
  close(reason: FlowCloseReason): void {
    if (!this.#ended(reason)) return
    // The end of the peer's side is to be heard.
    if (this.#pausedSince !== NEVER) this.#wire.resume()
    this.#destroyAt = this.#host.now + LINGER_MS
    this.flush()
    this.#wire.end()
  }

  /** Closes at once. */
  abort(reason: FlowCloseReason): void {
    this.#ended(reason)
    this.#wire.destroy()
  }

  /** The connection is gone. */
  gone(reason: FlowCloseReason): void {
    this.#ended(reason)
    this.#host.onGone(this)
  }

  #ended(reason: FlowCloseReason): boolean {
    if (!this.#open) return false
    this.#open = false
    this.#framer?.stop()
    this.#host.onClosed(this, reason)
    return true
  }
}

function joined(parts: readonly (string | Uint8Array)[], length: number): Buffer {
  const whole = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    if (typeof part === 'string') whole.write(part, at, 'latin1')
    else whole.set(part, at)
    at += part.length
  }
  return whole
}
