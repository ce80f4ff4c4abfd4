/** A phone reduced to its media: it writes and reads SDP, and sends and receives SRTP on two real sockets. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { buildReceiverReport, buildRtp, buildSenderReport, isRtcp, type ReportBlock } from '../rtp/index.ts'
import {
  attribute,
  type Attribute,
  connectionOf,
  type Direction,
  findAttribute,
  formatCrypto,
  formatSdp,
  type MediaDescription,
  parseCrypto,
  parseSdp,
  rtcpTargetOf,
  type SessionDescription,
} from '../sdp/index.ts'
import {
  createSrtpReceiver,
  createSrtpSender,
  newKeyAndSalt,
  type SrtpReceiver,
  type SrtpSender,
  SUITES,
  type SuiteName,
  suiteNamed,
} from '../srtp/index.ts'

export interface PhoneOptions {
  readonly suites?: readonly SuiteName[]
  readonly rtcpMux?: boolean
  readonly ssrc?: number
  /** It knows nothing but RTP in clear. */
  readonly plain?: boolean
}

export interface OfferOptions {
  readonly direction?: Direction
  readonly protocol?: string
  /** Lines put before those of the phone, and those that replace it. */
  readonly extraMedia?: readonly string[]
  readonly address?: string
  readonly port?: number
  readonly attributes?: readonly Attribute[]
}

export interface Heard {
  readonly plain: Buffer
  readonly control: boolean
  readonly from: RemoteInfo
}

const ADDRESS = '127.0.0.1'

export class MediaPhone {
  readonly suites: readonly SuiteName[]
  readonly plain: boolean
  readonly rtcpMux: boolean
  readonly ssrc: number
  /** Every datagram, as it came. */
  readonly raw: Buffer[] = []
  /** Those that authenticated. */
  readonly heard: Heard[] = []
  keys = new Map<SuiteName, Buffer>()
  suite: SuiteName | undefined
  sender: SrtpSender | undefined
  target: { address: string; port: number } | undefined
  rtcpTarget: { address: string; port: number } | undefined
  remoteMux = false
  sequence = 1000
  timestamp = 0
  #receiver: SrtpReceiver | undefined
  #remoteKey = ''
  #rtp: Socket
  #rtcp: Socket
  #waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = []

  private constructor(options: PhoneOptions, rtp: Socket, rtcp: Socket) {
    this.suites = options.suites ?? SUITES.map(suite => suite.name)
    this.plain = options.plain ?? false
    this.rtcpMux = options.rtcpMux ?? !this.plain
    this.ssrc = options.ssrc ?? 0x1122_3344
    this.#rtp = rtp
    this.#rtcp = rtcp
    this.newKeys()
    for (const socket of [rtp, rtcp]) socket.on('message', (packet, from) => this.#take(packet, from))
  }

  static async open(options: PhoneOptions = {}): Promise<MediaPhone> {
    return new MediaPhone(options, await boundSocket(), await boundSocket())
  }

  /** The key that the other side told last, hexadecimal. */
  get remoteKey(): string {
    return this.#remoteKey
  }

  get port(): number {
    return this.#rtp.address().port
  }

  newKeys(): void {
    this.keys = new Map(this.suites.map(name => [name, newKeyAndSalt(suiteNamed(name)!)]))
    this.sender = undefined
  }

  /** Moves to new sockets, as a phone does whose network changed; what it knows stays. */
  async move(): Promise<void> {
    await this.close()
    this.#rtp = await boundSocket()
    this.#rtcp = await boundSocket()
    for (const socket of [this.#rtp, this.#rtcp]) socket.on('message', (packet, from) => this.#take(packet, from))
  }

  async close(): Promise<void> {
    await Promise.all(
      [this.#rtp, this.#rtcp].map(socket => new Promise<void>(resolve => socket.close(() => resolve()))),
    )
  }

  offer(options: OfferOptions = {}): string {
    if (this.plain) return this.#description([], { protocol: 'RTP/AVP', ...options })
    const crypto = this.suites.map((name, index) =>
      attribute('crypto', formatCrypto(index + 1, name, this.keys.get(name)!)),
    )
    return this.#description(crypto, options)
  }

  /** Answers `offer` with the first suite of the phone that it holds, and is ready to talk. */
  answer(offer: string, options: OfferOptions = {}): string {
    const media = this.#remote(offer)
    if (this.plain) {
      this.#agreePlain()
      return this.#description([], { protocol: 'RTP/AVP', ...options }, offer)
    }
    const offered = media.attributes.filter(({ name }) => name === 'crypto').map(({ value }) => parseCrypto(value!)!)
    for (const name of this.suites) {
      const chosen = offered.find(candidate => candidate.suite === name)
      if (chosen === undefined) continue
      this.#agree(name, chosen.keys[0]!.keyAndSalt)
      return this.#description(
        [attribute('crypto', formatCrypto(chosen.tag, name, this.keys.get(name)!))],
        options,
        offer,
      )
    }
    throw new Error('no suite of this phone was offered')
  }

  /** Takes the answer to its own offer. */
  take(answer: string): void {
    const media = this.#remote(answer)
    if (this.plain) {
      this.#agreePlain()
      return
    }
    const crypto = parseCrypto(findAttribute(media.attributes, 'crypto')!.value!)!
    this.#agree(crypto.suite as SuiteName, crypto.keys[0]!.keyAndSalt)
  }

  #agreePlain(): void {
    this.sender = CLEAR
    this.#receiver = CLEAR
  }

  #agree(name: SuiteName, remoteKey: Buffer): void {
    const changed = this.suite !== name || this.#remoteKey !== remoteKey.toString('hex')
    if (this.sender === undefined || this.suite !== name)
      this.sender = createSrtpSender(suiteNamed(name)!, this.keys.get(name)!)
    if (changed) this.#receiver = createSrtpReceiver(suiteNamed(name)!, [{ keyAndSalt: remoteKey }])
    this.#remoteKey = remoteKey.toString('hex')
    this.suite = name
  }

  #remote(text: string): MediaDescription {
    const parsed = parseSdp(text)
    if (!parsed.ok) throw new Error(`${parsed.error.detail} in ${text}`)
    const media = parsed.value.media.find(candidate => candidate.media === 'audio' && candidate.port !== 0)!
    const address = connectionOf(parsed.value, media)!.address
    this.target = { address, port: media.port }
    this.rtcpTarget = { address, port: rtcpTargetOf(media).port }
    this.remoteMux = this.rtcpMux && findAttribute(media.attributes, 'rtcp-mux') !== undefined
    return media
  }

  #description(crypto: readonly Attribute[], options: OfferOptions, offer?: string): string {
    const media: MediaDescription = {
      media: 'audio',
      port: options.port ?? this.port,
      portCount: 1,
      protocol: options.protocol ?? 'RTP/SAVP',
      formats: ['0', '101'],
      connection: undefined,
      bandwidths: [],
      attributes: [
        attribute('rtpmap', '0 PCMU/8000'),
        attribute('rtpmap', '101 telephone-event/8000'),
        attribute('fmtp', '101 0-16'),
        attribute('ptime', '20'),
        attribute(options.direction ?? 'sendrecv'),
        attribute('rtcp', String(this.#rtcp.address().port)),
        ...(this.rtcpMux ? [attribute('rtcp-mux')] : []),
        ...crypto,
        ...(options.attributes ?? []),
      ],
    }
    const session: SessionDescription = {
      origin: { username: 'phone', sessionId: '77', sessionVersion: '1', addressType: 'IP4', address: ADDRESS },
      sessionName: 'A private name',
      connection: { addressType: 'IP4', address: options.address ?? ADDRESS },
      bandwidths: [],
      timing: '0 0',
      attributes: [],
      media: [media],
    }
    const refused = offer === undefined ? [] : parsedMedia(offer).slice(1)
    const rest = refused.map(({ media: kind, protocol, formats }) => `m=${kind} 0 ${protocol} ${formats.join(' ')}\r\n`)
    return formatSdp(session) + rest.join('') + (options.extraMedia ?? []).map(line => `${line}\r\n`).join('')
  }

  /** A protected packet with `payload`, not yet sent. */
  packet(payload = Buffer.alloc(160, 0xd5), sequence = this.sequence++): Buffer {
    this.timestamp += 160
    const header = {
      marker: false,
      payloadType: 0,
      sequence: sequence & 0xffff,
      timestamp: this.timestamp,
      ssrc: this.ssrc,
    }
    const plain = buildRtp(header, payload)
    const output = Buffer.alloc(2048)
    const length = this.sender!.protect(plain, plain.length, output)
    if (length < 0) throw new Error(`not protected: ${length}`)
    return output.subarray(0, length)
  }

  send(packet: Buffer = this.packet()): void {
    this.#rtp.send(packet, this.target!.port, this.target!.address)
  }

  sendSenderReport(now: number): void {
    const report = { ssrc: this.ssrc, rtpTimestamp: this.timestamp, packetCount: 1, octetCount: 160 }
    this.#sendRtcp(buildSenderReport(report, [], now, 'phone@example.invalid'))
  }

  sendReceiverReport(block: ReportBlock): void {
    this.#sendRtcp(buildReceiverReport(this.ssrc, [block], 'phone@example.invalid'))
  }

  #sendRtcp(plain: Buffer): void {
    const output = Buffer.alloc(2048)
    const packet = output.subarray(0, this.sender!.protectRtcp(plain, plain.length, output))
    if (this.remoteMux) this.#rtp.send(packet, this.target!.port, this.target!.address)
    else this.#rtcp.send(packet, this.rtcpTarget!.port, this.rtcpTarget!.address)
  }

  #take(packet: Buffer, from: RemoteInfo): void {
    this.raw.push(packet)
    const control = isRtcp(packet)
    const output = Buffer.alloc(2048)
    const receiver = this.#receiver
    if (receiver === undefined) return
    const length = control ? receiver.unprotectRtcp(packet, output) : receiver.unprotect(packet, output)
    if (length >= 0) this.heard.push({ plain: output.subarray(0, length), control, from })
    this.#waiting = this.#waiting.filter(waiter => {
      if (!waiter.done()) return true
      waiter.resolve()
      return false
    })
  }

  /** Resolves when `done` holds after some datagram; the test's own timeout ends the wait otherwise. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve()
    return new Promise(resolve => void this.#waiting.push({ done, resolve }))
  }

  /** Resolves with the `count`-th plain RTP packet from now. */
  async next(count = 1): Promise<Buffer> {
    const wanted = this.rtpHeard().length + count
    await this.until(() => this.rtpHeard().length >= wanted)
    return this.rtpHeard()[wanted - 1]!.plain
  }

  rtpHeard(): Heard[] {
    return this.heard.filter(({ control }) => !control)
  }

  rtcpHeard(): Heard[] {
    return this.heard.filter(({ control }) => control)
  }
}

function copy(packet: Buffer, output: Buffer, length = packet.length): number {
  packet.copy(output, 0, 0, length)
  return length
}

/** No protection at all, where a receiver and a sender are wanted. */
const CLEAR: SrtpReceiver & SrtpSender = {
  unprotect: copy,
  unprotectRtcp: copy,
  protect: (packet, length, output) => copy(packet, output, length),
  protectRtcp: (packet, length, output) => copy(packet, output, length),
  newest: true,
  sourceCount: 0,
}

function parsedMedia(text: string): readonly MediaDescription[] {
  const parsed = parseSdp(text)
  return parsed.ok ? parsed.value.media : []
}

function boundSocket(): Promise<Socket> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    socket.bind(0, ADDRESS, () => resolve(socket))
  })
}
