/** The bounds of the transport layer, each with its default and unit. */

export interface TransportLimits {
  /** Connections in all, handshakes included. Default 20,000. */
  readonly maximumConnections: number
  /** Connections of one stranger (IPv6: one /64); a flow that `keepAlive` named no longer counts. Default 50. */
  readonly maximumConnectionsPerSource: number
  /** Connections that have not completed their TLS handshake or WebSocket upgrade, in all. Default 2,000. */
  readonly maximumHandshakes: number
  /** The same for one source (IPv6: one /64). Default 50. */
  readonly maximumHandshakesPerSource: number
  /** Seconds for the TLS handshake and WebSocket upgrade. Default 10. */
  readonly handshakeSeconds: number
  /** Seconds from the handshake to the first whole message. Default 30. */
  readonly firstMessageSeconds: number
  /** Seconds from the first octet of a message to its last (slow writers). Default 20. */
  readonly messageSeconds: number
  /** Seconds that a flow may be silent. Default 900. */
  readonly idleSeconds: number
  /** Seconds to open a connection, TLS handshake included. Default 10. */
  readonly connectSeconds: number
  /** Connections that are being opened by us, at once. Default 500. */
  readonly maximumPendingConnects: number
  /**
   * Octets that wait to be sent on one flow; above, the flow is closed as `slow-peer`. Once the socket's
   * own 65,536 are full the peer is not read until it has taken them; when that lasts `messageSeconds`, it is closed, too.
   * Default 262,144.
   */
  readonly sendQueueBytes: number
  /** Remote addresses remembered as UDP flows; the least recently used is forgotten. Default 65,536. */
  readonly maximumUdpFlows: number
  /** UDP flows that `keepAlive` holds against being forgotten. Default 65,536. */
  readonly maximumHeldUdpFlows: number
  /** Octets asked of the operating system as receive and send buffer of a UDP socket. Default 4,194,304. */
  readonly udpBufferBytes: number
  /** Seconds that `stop` waits for queued octets to leave. Default 2. */
  readonly drainSeconds: number
}

export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  maximumConnections: 20_000,
  maximumConnectionsPerSource: 50,
  maximumHandshakes: 2_000,
  maximumHandshakesPerSource: 50,
  handshakeSeconds: 10,
  firstMessageSeconds: 30,
  messageSeconds: 20,
  idleSeconds: 900,
  connectSeconds: 10,
  maximumPendingConnects: 500,
  sendQueueBytes: 262_144,
  maximumUdpFlows: 65_536,
  maximumHeldUdpFlows: 65_536,
  udpBufferBytes: 4_194_304,
  drainSeconds: 2,
}
