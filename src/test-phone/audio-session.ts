/** The phone's audio: one socket, SRTP both ways, a frame every 20 ms, and the ears that measure what arrives. */
import { createSocket, type Socket } from 'node:dgram'
import type { Clock } from '../base/clock.ts'
import { randomBytes, randomUint32 } from '../base/random.ts'
import { buildRtp, isRtcp, readRtpHeader, rtpHeaderLength } from '../media/rtp/index.ts'
import {
  createSrtpReceiver,
  createSrtpSender,
  REFUSED,
  type SrtpReceiver,
  type SrtpSender,
} from '../media/srtp/index.ts'
import type { Suite } from '../media/srtp/index.ts'
import { type AudioStatistics, createReception, type Reception } from './audio-statistics.ts'
import type { Codec } from './g711.ts'
import type { Pacer } from './pacer.ts'
import { createSpeech, type Speech } from './speech.ts'
import { createEventReader, type EventFrame, eventFrames } from './telephone-event.ts'
import { measureTone, type ToneMeasurement } from './tone.ts'

const PACKET_ROOM = 2048
const MAXIMUM_EVENT_FRAMES = 1024
/** Reports go every 250 frames: five seconds (RFC 3550 §6.2). Two early ones give a short call its round trip. */
const REPORT_FRAMES = 250
const EARLY_REPORTS: readonly number[] = [50, 100]

/** One direction of agreed keys; undefined where the media is plain. */
export interface StreamKey {
  readonly suite: Suite
  readonly keyAndSalt: Uint8Array
}

/** What offer and answer agreed on. */
export interface AgreedAudio {
  readonly remote: { readonly address: string; readonly port: number }
  readonly codec: Codec
  readonly eventPayloadType: number | undefined
  readonly send: StreamKey | undefined
  readonly receive: StreamKey | undefined
  readonly sending: boolean
  readonly multiplexed: boolean
}

export interface AudioSession {
  readonly address: string
  readonly port: number
  /** Of the last agreement. */
  readonly remote: AgreedAudio['remote'] | undefined
  agree(agreed: AgreedAudio): void
  /** Speaks a tone of whole hertz from now on; undefined: silence. */
  speak(frequency: number | undefined): void
  /** Sends digits as telephone events, 100 ms each. */
  sendDigits(digits: string): void
  /** Collects `milliseconds` of sound from now and measures the tone in it; what did not arrive is missing from `samples`. */
  listen(frequency: number, milliseconds: number): Promise<ToneMeasurement>
  statistics(): AudioStatistics
  close(): void
}

export interface AudioSessionOptions {
  readonly address: string
  readonly clock: Clock
  readonly pacer: Pacer
  readonly onDigit?: (digit: string) => void
  /** Misbehaves: protects with another key than the one it told. */
  readonly wrongKey?: boolean
  /** Misbehaves: sends nothing, though it agreed to. */
  readonly mute?: boolean
  /** Sees each packet as it goes to the network. */
  readonly onPacketSent?: ((packet: Buffer, port: number) => void) | undefined
}

/** Opens the socket on a port of the system's choice. Rejects when the address is not ours. */
export async function openAudioSession(options: AudioSessionOptions): Promise<AudioSession> {
  const socket = createSocket(options.address.includes(':') ? 'udp6' : 'udp4')
  await new Promise<void>((opened, failed) => {
    socket.once('error', failed)
    socket.bind(0, options.address, opened)
  })
  return new SocketAudioSession(socket, options)
}

interface Ear {
  hear(samples: Int16Array): void
}

class SocketAudioSession implements AudioSession {
  readonly address: string
  readonly port: number
  readonly #socket: Socket
  readonly #options: AudioSessionOptions
  readonly #ssrc = randomUint32()
  readonly #output = Buffer.alloc(PACKET_ROOM)
  readonly #input = Buffer.alloc(PACKET_ROOM)
  readonly #ears = new Set<Ear>()
  readonly #readEvent: (payload: Uint8Array, timestamp: number) => void
  readonly #events: EventFrame[] = []
  readonly #reception: Reception
  #sequence = randomUint32() & 0xffff
  #timestamp = randomUint32()
  #eventTimestamp = 0
  #frames = 0
  #packetsSent = 0
  #octetsSent = 0
  #frequency: number | undefined
  #speech: Speech | undefined
  #agreed: AgreedAudio | undefined
  #sender: SrtpSender | undefined
  #receiver: SrtpReceiver | undefined
  #leavePacer: (() => void) | undefined
  #closed = false

  constructor(socket: Socket, options: AudioSessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#reception = createReception(options.clock, this.#ssrc)
    this.#readEvent = createEventReader(digit => options.onDigit?.(digit))
    this.address = options.address
    this.port = socket.address().port
    socket.on('message', packet => this.#receive(packet))
    // The peer may be gone while we still send: ICMP errors are not ours to handle.
    socket.on('error', () => {})
  }

  get remote(): AgreedAudio['remote'] | undefined {
    return this.#agreed?.remote
  }

  agree(agreed: AgreedAudio): void {
    const before = this.#agreed
    this.#agreed = agreed
    if (!sameKey(before?.send, agreed.send)) this.#sender = this.#createSender(agreed.send)
    if (!sameKey(before?.receive, agreed.receive)) {
      const { receive } = agreed
      this.#receiver =
        receive === undefined ? undefined : createSrtpReceiver(receive.suite, [{ keyAndSalt: receive.keyAndSalt }])
    }
    if (before?.codec !== agreed.codec) this.#speech = createSpeech(agreed.codec, this.#frequency)
    if (!this.#closed) this.#leavePacer ??= this.#options.pacer.add(() => this.#tick())
  }

  #createSender(key: StreamKey | undefined): SrtpSender | undefined {
    if (key === undefined) return undefined
    const keyAndSalt = this.#options.wrongKey === true ? randomBytes(key.keyAndSalt.length) : key.keyAndSalt
    return createSrtpSender(key.suite, keyAndSalt)
  }

  speak(frequency: number | undefined): void {
    this.#frequency = frequency
    if (this.#agreed !== undefined) this.#speech = createSpeech(this.#agreed.codec, frequency)
  }

  sendDigits(digits: string): void {
    for (const digit of digits) {
      const frames = eventFrames(digit)
      if (this.#events.length + frames.length > MAXIMUM_EVENT_FRAMES) return
      this.#events.push(...frames)
    }
  }

  listen(frequency: number, milliseconds: number): Promise<ToneMeasurement> {
    const samples = new Int16Array(milliseconds * 8)
    let used = 0
    const ear: Ear = {
      hear(heard) {
        const room = heard.subarray(0, samples.length - used)
        samples.set(room, used)
        used += room.length
      },
    }
    this.#ears.add(ear)
    return new Promise(measured => {
      this.#options.clock.schedule(milliseconds, () => {
        this.#ears.delete(ear)
        measured(measureTone(samples.subarray(0, used), frequency))
      })
    })
  }

  statistics(): AudioStatistics {
    return this.#reception.statistics({
      packetsSent: this.#packetsSent,
      codec: this.#agreed?.codec.name,
      suite: this.#agreed?.receive?.suite.name,
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#leavePacer?.()
    this.#leavePacer = undefined
    this.#socket.close()
  }

  #tick(): void {
    const agreed = this.#agreed
    if (agreed === undefined || this.#closed || this.#options.mute === true) return
    this.#frames++
    this.#timestamp = (this.#timestamp + 160) >>> 0
    if (agreed.sending) this.#sendFrame(agreed)
    const reports = this.#frames % REPORT_FRAMES === 0 || EARLY_REPORTS.includes(this.#frames)
    if (reports && agreed.multiplexed) this.#sendReport(agreed)
  }

  #sendFrame(agreed: AgreedAudio): void {
    const event = agreed.eventPayloadType === undefined ? undefined : this.#events.shift()
    if (event?.first === true) this.#eventTimestamp = this.#timestamp
    const payload = event?.payload ?? this.#speech!.next()
    const header = {
      marker: event?.marker ?? this.#packetsSent === 0,
      payloadType: event === undefined ? agreed.codec.payloadType : agreed.eventPayloadType!,
      sequence: this.#sequence,
      timestamp: event === undefined ? this.#timestamp : this.#eventTimestamp,
      ssrc: this.#ssrc,
    }
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#packetsSent++
    this.#octetsSent += payload.length
    const packet = buildRtp(header, payload)
    this.#transmit(packet, agreed, (sender, output) => sender.protect(packet, packet.length, output))
  }

  #sendReport(agreed: AgreedAudio): void {
    const report = this.#reception.buildReport({
      ssrc: this.#ssrc,
      rtpTimestamp: this.#timestamp,
      packetCount: this.#packetsSent,
      octetCount: this.#octetsSent,
    })
    this.#transmit(report, agreed, (sender, output) => sender.protectRtcp(report, report.length, output))
  }

  #transmit(plain: Buffer, agreed: AgreedAudio, protect: (sender: SrtpSender, output: Buffer) => number): void {
    let packet = plain
    if (this.#sender !== undefined) {
      const length = protect(this.#sender, this.#output)
      if (length < 0) return
      packet = Buffer.from(this.#output.subarray(0, length))
    }
    this.#options.onPacketSent?.(packet, agreed.remote.port)
    this.#socket.send(packet, agreed.remote.port, agreed.remote.address)
  }

  #receive(packet: Buffer): void {
    const agreed = this.#agreed
    if (agreed === undefined || packet.length < 8) return
    const report = isRtcp(packet)
    const plain = this.#unprotect(packet, report, agreed)
    if (plain === undefined) return
    if (report) this.#reception.readReport(plain)
    else this.#hear(plain, agreed)
  }

  #unprotect(packet: Buffer, report: boolean, agreed: AgreedAudio): Buffer | undefined {
    if (this.#receiver === undefined) return agreed.receive === undefined ? packet : undefined
    const length = report
      ? this.#receiver.unprotectRtcp(packet, this.#input)
      : this.#receiver.unprotect(packet, this.#input)
    if (length >= 0) return this.#input.subarray(0, length)
    this.#reception.refused(length === REFUSED.replayed)
    return undefined
  }

  #hear(packet: Buffer, agreed: AgreedAudio): void {
    const header = readRtpHeader(packet)
    if (header === undefined) return
    const payload = packet.subarray(rtpHeaderLength(packet, packet.length))
    this.#reception.record(header, payload.length)
    if (header.payloadType === agreed.eventPayloadType) this.#readEvent(payload, header.timestamp)
    else if (header.payloadType === agreed.codec.payloadType && this.#ears.size > 0) {
      const samples = agreed.codec.decode(payload)
      for (const ear of this.#ears) ear.hear(samples)
    }
  }
}

function sameKey(a: StreamKey | undefined, b: StreamKey | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.suite === b.suite && Buffer.compare(a.keyAndSalt, b.keyAndSalt) === 0
}
