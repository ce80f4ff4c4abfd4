/** Stand-ins for what calls are given: media without packets, a store in memory, registrations by hand. */
import type { DeviceId, ExtensionId } from '../base/ids.ts'
import type {
  BridgeOptions,
  BridgeReport,
  MediaBridge,
  MediaEngine,
  MediaMeeting,
  MediaOutcome,
  Side,
  SideReport,
} from '../media/media-engine.ts'
import type { Binding, BindingLookup } from '../registrar/types.ts'
import type { Admission, AdmissionControl, AdmissionRequest } from './admission.ts'
import type { CallRecord, CallRecordRepository } from './call-record.ts'

export const NO_REPORT: SideReport = {
  codec: undefined,
  suite: undefined,
  packetsReceived: 0,
  packetsSent: 0,
  octetsReceived: 0,
  octetsSent: 0,
  packetsLost: 0,
  jitter: 0,
  roundTrip: undefined,
  mos: undefined,
  packetsUnauthenticated: 0,
  packetsReplayed: 0,
  lastPacketAt: undefined,
  remote: undefined,
}

interface Spoken {
  readonly sessionId: number
  version: number
  said: string
}

/** Bridges that negotiate like the real ones, as far as words go: `RTP/AVP` is refused, `sendonly` and `inactive` hold. */
export class FakeMediaEngine implements MediaEngine {
  readonly name = 'fake'
  readonly bridges = new Set<FakeBridge>()
  /** Every bridge that was ever opened. */
  readonly opened: FakeBridge[] = []
  /** Bridges that may still be opened. */
  capacity = Number.POSITIVE_INFINITY

  get bridgeCount(): number {
    return this.bridges.size
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async openBridge(options: BridgeOptions): Promise<FakeBridge> {
    if (this.bridges.size >= this.capacity) throw new Error('MEDIA_NO_CAPACITY')
    const bridge = new FakeBridge(this, options, this.opened.length + 1)
    this.bridges.add(bridge)
    this.opened.push(bridge)
    return bridge
  }
}

export class FakeBridge implements MediaBridge {
  readonly id: string
  readonly options: BridgeOptions
  readonly number: number
  /** What was agreed last: offer and answer, as the phones said them. */
  agreed: { readonly offer: string; readonly answer: string; readonly from: Side } | undefined
  closed = false
  suite: SideReport['suite'] = 'AEAD_AES_256_GCM'
  readonly #engine: FakeMediaEngine
  readonly #spoken: Record<Side, Spoken>
  #pending: { readonly from: Side; readonly sdp: string } | undefined

  constructor(engine: FakeMediaEngine, options: BridgeOptions, number: number) {
    this.#engine = engine
    this.id = `${options.callId}/${number}`
    this.options = options
    this.number = number
    this.#spoken = {
      a: { sessionId: number * 10 + 1, version: 1, said: '' },
      b: { sessionId: number * 10 + 2, version: 1, said: '' },
    }
  }

  async offer(from: Side, sdp: string): Promise<MediaOutcome> {
    if (this.closed) throw new Error('MEDIA_CLOSED')
    const refused = refusalOf(sdp)
    if (refused !== undefined) return refused
    this.#pending = { from, sdp }
    return { ok: true, sdp: this.#speak(from === 'a' ? 'b' : 'a', sdp), held: /^a=(sendonly|inactive)/m.test(sdp) }
  }

  async answer(from: Side, sdp: string): Promise<MediaOutcome> {
    if (this.closed) throw new Error('MEDIA_CLOSED')
    const pending = this.#pending
    if (pending === undefined || pending.from === from) throw new Error('MEDIA_BAD_STATE')
    const refused = refusalOf(sdp)
    if (refused !== undefined) return refused
    this.agreed = { offer: pending.sdp, answer: sdp, from: pending.from }
    return { ok: true, sdp: this.#speak(pending.from, sdp), held: /^a=(sendonly|inactive)/m.test(sdp) }
  }

  async meet(a: string, b: string): Promise<MediaMeeting> {
    const offered = await this.offer('a', a)
    if (!offered.ok) return { ok: false, side: 'a', refusal: offered.refusal }
    const answered = await this.answer('b', b)
    if (!answered.ok) return { ok: false, side: 'b', refusal: answered.refusal }
    return { ok: true, a: answered.sdp, b: offered.sdp, heard: b }
  }

  async rollback(): Promise<void> {
    this.#pending = undefined
  }

  async report(): Promise<BridgeReport> {
    const side = { ...NO_REPORT, codec: 'PCMU/8000', suite: this.suite }
    return { a: side, b: side }
  }

  async close(): Promise<BridgeReport> {
    this.closed = true
    this.#engine.bridges.delete(this)
    return this.report()
  }

  /** Codecs and direction cross; origin, address, port and key are ours. */
  #speak(to: Side, sdp: string): string {
    const spoken = this.#spoken[to]
    const formats = /^m=audio \d+ \S+ ([\d ]+)/m.exec(sdp)?.[1] ?? '0'
    const direction = /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp)?.[1] ?? 'sendrecv'
    const words =
      `s=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio ${20_000 + spoken.sessionId} RTP/SAVP ${formats}\r\n` +
      `a=crypto:1 AEAD_AES_256_GCM inline:bridge${this.number}${to}\r\na=${direction}\r\n`
    if (spoken.said !== '' && spoken.said !== words) spoken.version++
    spoken.said = words
    return `v=0\r\no=ringfence ${spoken.sessionId} ${spoken.version} IN IP4 203.0.113.9\r\n${words}`
  }
}

function refusalOf(sdp: string): MediaOutcome | undefined {
  if (/^m=audio \d+ RTP\/AVP /m.test(sdp)) {
    return { ok: false, refusal: { reason: 'plain-rtp', explanation: 'switch on "SRTP" in the phone' } }
  }
  return sdp.startsWith('v=0') ? undefined : { ok: false, refusal: { reason: 'malformed-sdp', explanation: 'no SDP' } }
}

/** Records in memory. `hold` makes writes wait, `broken` makes them fail. */
export class FakeCallRecords implements CallRecordRepository {
  readonly saved: CallRecord[] = []
  broken = false
  #gate: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  async save(record: CallRecord): Promise<void> {
    if (this.broken) throw new Error('STORE_UNAVAILABLE')
    await this.#gate?.promise
    if (this.broken) throw new Error('STORE_UNAVAILABLE')
    this.saved.push(record)
  }

  hold(): () => void {
    const gate = Promise.withResolvers<void>()
    this.#gate = gate
    return () => {
      this.#gate = undefined
      gate.resolve()
    }
  }

  /** The newest version of each record. */
  latest(): readonly CallRecord[] {
    return [...new Map(this.saved.map(record => [record.id, record])).values()]
  }

  async closeOrphans(): Promise<readonly CallRecord[]> {
    return []
  }

  async list(): Promise<readonly CallRecord[]> {
    return this.latest()
  }

  async find(id: string): Promise<CallRecord | undefined> {
    return this.latest().find(each => each.id === id)
  }
}

/** Registrations made by hand. */
export class FakeBindings implements BindingLookup {
  readonly #bindings: Binding[] = []

  add(binding: Binding): void {
    this.#bindings.push(binding)
  }

  remove(flowId: string): void {
    const index = this.#bindings.findIndex(binding => binding.flowId === flowId)
    if (index !== -1) this.#bindings.splice(index, 1)
  }

  bindingsOf(extensionId: ExtensionId): readonly Binding[] {
    return this.#bindings.filter(binding => binding.extensionId === extensionId)
  }

  isRegisteredFlow(flowId: string, deviceId?: DeviceId): boolean {
    return this.#bindings.some(
      binding => binding.flowId === flowId && (deviceId === undefined || binding.deviceId === deviceId),
    )
  }

  deviceOfFlow(flowId: string): DeviceId | undefined {
    return this.#bindings.find(binding => binding.flowId === flowId)?.deviceId
  }
}

/** Says what `verdict` holds, and keeps the questions. */
export class FakeAdmission implements AdmissionControl {
  readonly asked: AdmissionRequest[] = []
  verdict: Admission = { verdict: 'allow' }

  admit(request: AdmissionRequest): Admission {
    this.asked.push(request)
    return this.verdict
  }
}
