/**
 * One phone's half of a stream, inside a worker: what arrives from it is authenticated, counted and handed on; what goes to
 * it is protected under our key for this leg. Nothing is learned from a packet before its tag verified.
 */
import type { Clock } from '../../base/clock.ts'
import { isRtcp, MAXIMUM_PACKET_LENGTH, rtpHeaderLength, rtpPaddingLength, walkRtcp } from '../rtp/index.ts'
import {
  createSrtpReceiver,
  createSrtpSender,
  MAXIMUM_TRAILER,
  NOT_SENT,
  REFUSED,
  type SrtpReceiver,
  type SrtpSender,
  suiteNamed,
} from '../srtp/index.ts'
import { crossingRtcp, withoutExtension } from './crossing-rtcp.ts'
import { LegStatistics } from './leg-statistics.ts'
import { isSameHost } from './target.ts'
import { createPlainReceiver, PLAIN_SENDER } from './plain-rtp.ts'
import type { LegConfiguration, LegReport, SocketAddress } from './protocol.ts'
import type { Component, DatagramSink, SocketPair } from './socket-pair.ts'

/** After a phone changed its key, packets under the old one still arrive for a moment. */
const OLD_KEY_OVERLAP_MS = 3000
/** A source in clear that was silent for so long may have moved to another port. */
const PLAIN_SILENCE_MS = 2000

interface Keyed {
  readonly receiver: SrtpReceiver
  readonly sender: SrtpSender
}

export class MediaLeg implements DatagramSink {
  /** The leg that gets what this phone sends. */
  peer: MediaLeg | undefined
  readonly statistics: LegStatistics
  /** A master key of this leg, ours or the phone's, has protected all that it may (RFC 3711 §9.2): nothing passes any more. */
  keyExpired = false
  readonly #clock: Clock
  #configuration: LegConfiguration
  #pair: SocketPair
  #receiver: SrtpReceiver
  #sender: SrtpSender
  #previous: { readonly receiver: SrtpReceiver; readonly until: number } | undefined
  #learned: SocketAddress | undefined
  #learnedRtcp: SocketAddress | undefined

  /** `predecessor`: the leg of the same phone in another call; its contexts live on for the same keys. */
  constructor(configuration: LegConfiguration, pair: SocketPair, clock: Clock, predecessor?: MediaLeg) {
    this.#clock = clock
    this.#configuration = configuration
    this.#pair = pair
    const before = predecessor?.configuration
    const keepsReceiver = before !== undefined && sameRemoteKeys(before, configuration)
    this.#receiver = keepsReceiver ? predecessor!.#receiver : newReceiver(configuration)
    // One context for both legs: it refuses to use an index twice, so neither call gives away what the other said.
    this.#sender =
      before !== undefined && sameLocalKey(before, configuration) ? predecessor!.#sender : newSender(configuration)
    this.statistics = new LegStatistics(configuration.codecs, clock)
    pair.sink = this
  }

  get configuration(): LegConfiguration {
    return this.#configuration
  }

  /** Takes what was agreed anew. Contexts, and with them roll-over counters and replay windows, live as long as their keys. */
  reconfigure(next: LegConfiguration, pair: SocketPair): void {
    const previous = this.#configuration
    this.#configuration = next
    if (pair !== this.#pair) {
      if (this.#pair.sink === this) this.#pair.sink = undefined
      this.#pair = pair
      pair.sink = this
    }
    this.keyExpired = false
    if (!sameRemoteKeys(previous, next)) {
      // What was in clear has no key that could be late: from now on only the new one counts.
      const secured = previous.suite !== undefined
      const until = this.#clock.monotonic() + OLD_KEY_OVERLAP_MS
      this.#previous = secured ? { receiver: this.#receiver, until } : undefined
      this.#receiver = newReceiver(next)
      if (!secured) this.#learned = this.#learnedRtcp = undefined
    }
    if (!sameLocalKey(previous, next)) this.#sender = newSender(next)
    // A new address in the SDP is where the phone wants its media now (RFC 3264 §8.3.1); the learned one was the old place.
    if (!sameAddress(previous.target, next.target)) this.#learned = undefined
    if (!sameAddress(previous.rtcpTarget, next.rtcpTarget)) this.#learnedRtcp = undefined
    this.statistics.codecsChanged(next.codecs)
  }

  onDatagram(component: Component, packet: Buffer, from: SocketAddress, room?: number): void {
    const size = room ?? packet.length
    const control = size >= 2 && isRtcp(packet)
    const onRtpPort = component === 'rtp'
    // RFC 5761 §4: on one port only where both agreed
    const belongs = onRtpPort ? !control || this.#configuration.rtcpMux : control
    if (!belongs || size > MAXIMUM_PACKET_LENGTH || size < 12) {
      this.statistics.packetsUnauthenticated++
      return
    }
    // Where the packet may be changed it is worked on in place.
    const plain = room === undefined ? clear : packet
    if (this.#configuration.suite === undefined && !this.#admits(onRtpPort, from)) {
      this.statistics.packetsUnauthenticated++
      return
    }
    const length = this.#open(packet, size, control, plain)
    if (length < 0) return
    const now = this.#clock.monotonic()
    this.statistics.lastPacketAt = this.#clock.now()
    this.statistics.lastHeard = now
    // Only the newest packet moves the address: an old one that was held back and sent from elsewhere does not.
    if (this.#receiver.newest) this.#learn(onRtpPort, from)
    if (control) this.#takeRtcp(plain, length, now)
    else this.#takeRtp(plain, length, now)
  }

  /** The plain packet goes to `plain`; returns its length, or a negative number when it was refused and counted. */
  #open(packet: Buffer, size: number, control: boolean, plain: Buffer): number {
    let length = control
      ? this.#receiver.unprotectRtcp(packet, plain, size)
      : this.#receiver.unprotect(packet, plain, size)
    if (length < 0 && this.#previous !== undefined) {
      if (this.#clock.monotonic() > this.#previous.until) this.#previous = undefined
      else {
        const { receiver } = this.#previous
        const other = control ? receiver.unprotectRtcp(packet, plain, size) : receiver.unprotect(packet, plain, size)
        if (other >= 0) length = other
      }
    }
    if (length === REFUSED.replayed) this.statistics.packetsReplayed++
    else if (length < 0) this.statistics.packetsUnauthenticated++
    if (length === REFUSED.expired) this.keyExpired = true
    return length
  }

  /**
   * In clear nothing is proved, so an address has to be enough: the one in the description, or another port or the signalling
   * address (a NAT) as long as the first that was heard is silent.
   */
  #admits(onRtpPort: boolean, from: SocketAddress): boolean {
    const { target, rtcpTarget, signallingAddress } = this.#configuration
    const named = onRtpPort ? target : rtcpTarget
    if (from.address !== named?.address && !isSameHost(from.address, signallingAddress)) return false
    const known = onRtpPort ? this.#learned : this.#learnedRtcp
    if (known === undefined || sameAddress(known, from)) return true
    return this.#clock.monotonic() - this.statistics.lastHeard > PLAIN_SILENCE_MS
  }

  #learn(onRtpPort: boolean, from: SocketAddress): void {
    const known = onRtpPort ? this.#learned : this.#learnedRtcp
    if (known === from) return
    if (known !== undefined && known.port === from.port && known.address === from.address) return
    if (onRtpPort) this.#learned = from
    else this.#learnedRtcp = from
  }

  #takeRtp(plain: Buffer, length: number, now: number): void {
    const headerLength = rtpHeaderLength(plain, length)
    const payload = length - headerLength - rtpPaddingLength(plain, length, headerLength)
    this.statistics.received(plain, payload, now)
    const { peer } = this
    if (peer !== undefined && this.#configuration.maySend)
      peer.#sendRtp(plain, withoutExtension(plain, length), payload)
  }

  #takeRtcp(plain: Buffer, length: number, now: number): void {
    const { peer } = this
    const wellFormed = walkRtcp(plain, length, {
      reportBlock: block =>
        this.statistics.roundTrip.reportReceived(block.lastSenderReport, block.delaySinceLastSenderReport, now),
      senderReport: report => peer?.statistics.roundTrip.senderReportSent(report.ntpMiddle, now),
    })
    if (!wellFormed || peer === undefined) return
    const crossing = crossingRtcp(plain, length, crossed)
    if (crossing > 0) peer.#sendRtcp(crossed, crossing)
  }

  /** Protects the packet in `plain` for this leg's phone and sends it. */
  #sendRtp(plain: Buffer, length: number, payload: number): void {
    const target = this.#learned ?? this.#configuration.target
    if (target === undefined) return
    const output = this.#pair.outgoing(length + MAXIMUM_TRAILER)
    const protectedLength = this.#sender.protect(plain, length, output)
    if (protectedLength < 0) {
      this.#notSent(protectedLength)
      return
    }
    this.#pair.send('rtp', output, protectedLength, target)
    this.statistics.packetsSent++
    this.statistics.octetsSent += payload
  }

  #sendRtcp(plain: Buffer, length: number): void {
    const { rtcpMux, target, rtcpTarget } = this.#configuration
    const to = rtcpMux ? (this.#learned ?? target) : (this.#learnedRtcp ?? rtcpTarget)
    if (to === undefined) return
    const output = this.#pair.outgoing(length + MAXIMUM_TRAILER)
    const protectedLength = this.#sender.protectRtcp(plain, length, output)
    if (protectedLength < 0) this.#notSent(protectedLength)
    else this.#pair.send(rtcpMux ? 'rtp' : 'rtcp', output, protectedLength, to)
  }

  #notSent(why: number): void {
    if (why === NOT_SENT.exhausted) this.keyExpired = true
  }

  report(): LegReport {
    const learned = this.#learned
    const remote = learned === undefined ? undefined : { address: learned.address, port: learned.port }
    return this.statistics.report(this.#configuration.suite, remote)
  }

  /** Takes nothing more from the sockets; they belong to their pool again. */
  close(): void {
    if (this.#pair.sink === this) this.#pair.sink = undefined
    this.peer = undefined
  }
}

/** Where a packet lies in clear between two legs, unless in place. One worker is one thread: nothing else runs between the two. */
const clear = Buffer.alloc(MAXIMUM_PACKET_LENGTH)
/** What of an RTCP packet the other phone may see. */
const crossed = Buffer.alloc(MAXIMUM_PACKET_LENGTH)

function newReceiver(configuration: LegConfiguration): Keyed['receiver'] {
  if (configuration.suite === undefined) return createPlainReceiver()
  const keys = configuration.remoteKeys.map(({ keyAndSalt, mki, lifetime }) => ({
    keyAndSalt: Buffer.from(keyAndSalt, 'base64'),
    mki: mki === undefined ? undefined : Buffer.from(mki, 'base64'),
    lifetime,
  }))
  return createSrtpReceiver(suiteNamed(configuration.suite)!, keys)
}

function newSender(configuration: LegConfiguration): Keyed['sender'] {
  if (configuration.suite === undefined) return PLAIN_SENDER
  return createSrtpSender(suiteNamed(configuration.suite)!, Buffer.from(configuration.localKey, 'base64'))
}

function sameLocalKey(a: LegConfiguration, b: LegConfiguration): boolean {
  return a.suite === b.suite && a.localKey === b.localKey
}

function sameRemoteKeys(a: LegConfiguration, b: LegConfiguration): boolean {
  if (a.suite !== b.suite || a.remoteKeys.length !== b.remoteKeys.length) return false
  return a.remoteKeys.every((key, i) => {
    const other = b.remoteKeys[i]!
    return key.keyAndSalt === other.keyAndSalt && key.mki === other.mki
  })
}

function sameAddress(a: SocketAddress | undefined, b: SocketAddress | undefined): boolean {
  return a?.address === b?.address && a?.port === b?.port
}
