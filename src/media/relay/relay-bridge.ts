/** One bridge on the main thread: negotiation here, packets in its worker. */
import { randomInteger } from '../../base/random.ts'
import type {
  BridgeOptions,
  BridgeReport,
  MediaBridge,
  MediaMeeting,
  MediaOutcome,
  MediaRefusal,
  SideOptions,
} from '../media-engine.ts'
import { crossOffers } from '../sdp/index.ts'
import {
  type BridgeState,
  type ContinuedLeg,
  type Exchange,
  NO_STREAM,
  other,
  type Side,
  type SideState,
  type StreamState,
} from './bridge-state.ts'
import { MediaError } from './errors.ts'
import type { PairName, StreamConfiguration } from './protocol.ts'
import { EMPTY_REPORT } from './relay-core.ts'
import { holds, streamConfigurations } from './stream-configuration.ts'
import { takeAnswer } from './take-answer.ts'
import { type Surroundings, takeOffer } from './take-offer.ts'
import type { WorkerHost } from './worker-host.ts'

export interface RelayBridgeOptions extends BridgeOptions {
  readonly number: number
  readonly host: WorkerHost
  /** Legs of other bridges of the same worker whose phones come to this one. */
  readonly continued: { readonly [side in Side]?: { readonly bridge: RelayBridge; readonly side: Side } }
  onClosed(bridge: RelayBridge): void
}

const NO_CAPACITY: MediaRefusal = {
  reason: 'no-capacity',
  explanation: 'All media ports of this system are in use. Try again in a moment.',
}

const NOTHING_IN_COMMON = {
  ok: false,
  refusal: {
    reason: 'no-common-suite',
    explanation: 'The two phones have no codec, or no encryption suite, in common.',
  },
} as const

export class RelayBridge implements MediaBridge {
  readonly id: string
  readonly number: number
  readonly host: WorkerHost
  readonly #options: RelayBridgeOptions
  readonly #around: Surroundings
  readonly #generation: number
  #state: BridgeState
  #exchange: Exchange | undefined
  /** The answer of the exchange, once there is one: a repeated answer gets the same words. */
  #answered: { readonly text: string; readonly outcome: MediaOutcome } | undefined
  /** Every pair that this bridge has. */
  #pairs = new Set<PairName>()
  #configured = false
  #closing: Promise<BridgeReport> | undefined
  #lastReport: BridgeReport = EMPTY_REPORT
  /** Operations run one after another, though callers need not wait for them. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: RelayBridgeOptions) {
    this.id = `${options.callId}/${options.number}`
    this.number = options.number
    this.host = options.host
    this.#generation = options.host.generation
    this.#state = { streams: [], a: newSide(isSecured(options.a)), b: newSide(isSecured(options.b)) }
    this.#options = options
    this.#around = {
      advertised: { a: advertised(options.a), b: advertised(options.b) },
      acquire: async side => {
        if (this.#lost) throw new MediaError('MEDIA_NO_CAPACITY', 'the media worker of this bridge died')
        const pair = await this.host.acquire(options[side].localAddress)
        this.#pairs.add(pair)
        return pair
      },
      plain: side => options[side].allowInsecureRtp,
      continued: (side, index) => options.continued[side]?.bridge.legToContinue(options.continued[side].side, index),
    }
    for (const side of ['a', 'b'] as const) {
      const of = options.continued[side]
      if (of !== undefined) this.host.continue(this.number, side, { bridge: of.bridge.number, side: of.side })
    }
  }

  secured(side: Side): boolean {
    return this.#state[side].secured
  }

  /** What another bridge of the same worker may carry on of this one. */
  legToContinue(side: Side, index: number): ContinuedLeg | undefined {
    const leg = this.#lost ? undefined : this.#state.streams[index]?.[side]
    if (leg?.agreed === undefined) return undefined
    if (leg.agreed.suite === undefined) return { keys: new Map(), protocol: leg.protocol, agreed: leg.agreed }
    const key = leg.keys.get(leg.agreed.suite)
    if (key === undefined) return undefined
    return { keys: new Map([[leg.agreed.suite, key]]), protocol: leg.protocol, agreed: leg.agreed }
  }

  /** The worker that had this bridge is dead; another may run in its place. */
  get #lost(): boolean {
    return this.host.generation !== this.#generation
  }

  offer(from: Side, sdp: string): Promise<MediaOutcome> {
    return this.#inTurn(async () => {
      // An offer in place of one that was never answered takes its place.
      if (this.#answered === undefined) this.#exchange = undefined
      const taken = await this.#refusingCapacity(() => takeOffer(this.#state, from, sdp, this.#around))
      if (!taken.ok) {
        this.#releaseUnused()
        return { ok: false, refusal: taken.error }
      }
      const { exchange } = taken.value
      this.#exchange = exchange
      this.#answered = undefined
      // What was said stays said, whether or not it is answered: the next words on that side get the next version.
      const to = other(from)
      this.#state = { ...this.#state, [to]: { ...exchange.prepared[to], heard: this.#state[to].heard } }
      this.#releaseUnused()
      return { ok: true, sdp: taken.value.sdp, held: holds(exchange.offer) }
    })
  }

  answer(from: Side, sdp: string): Promise<MediaOutcome> {
    return this.#inTurn(async () => {
      const exchange = this.#exchange
      if (exchange === undefined || exchange.from === from) {
        throw new MediaError('MEDIA_BAD_STATE', `side ${from} answers, but nothing was offered to it`)
      }
      if (this.#answered?.text === sdp) return this.#answered.outcome
      // A second answer to one offer (a 200 after a 183, RFC 3261 §13.2.1) replaces the first.
      const current = { ...exchange, prepared: this.#merged(exchange) }
      const taken = await this.#refusingCapacity(() => takeAnswer(current, sdp, this.#around))
      if (!taken.ok) {
        this.#releaseUnused()
        return { ok: false, refusal: taken.error }
      }
      this.#state = taken.value.state
      const outcome: MediaOutcome = { ok: true, sdp: taken.value.sdp, held: holds(taken.value.answer) }
      this.#answered = { text: sdp, outcome }
      await this.#configure()
      this.#releaseUnused()
      return outcome
    })
  }

  async meet(a: string, b: string): Promise<MediaMeeting> {
    const offered = await this.offer('a', a)
    if (!offered.ok) return { ok: false, side: 'a', refusal: offered.refusal }
    const crossed = crossOffers(b, offered.sdp)
    const answered = crossed === undefined ? NOTHING_IN_COMMON : await this.answer('b', crossed.one)
    if (crossed !== undefined && answered.ok) return { ok: true, a: answered.sdp, b: crossed.other, heard: crossed.one }
    await this.rollback()
    return { ok: false, side: 'b', refusal: (answered.ok ? NOTHING_IN_COMMON : answered).refusal }
  }

  rollback(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#answered !== undefined) return
      this.#exchange = undefined
      this.#releaseUnused()
    })
  }

  async report(): Promise<BridgeReport> {
    if (!this.#configured || this.#lost || this.#closing !== undefined) return this.#lastReport
    this.#lastReport = await this.host.report(this.number, 'report').catch(() => this.#lastReport)
    return this.#lastReport
  }

  /** A report that came by itself. */
  noteReport(report: BridgeReport): void {
    this.#lastReport = report
  }

  close(): Promise<BridgeReport> {
    this.#closing ??= this.#tail.then(() => this.#close())
    return this.#closing
  }

  async #close(): Promise<BridgeReport> {
    const known = this.#configured || Object.keys(this.#options.continued).length > 0
    if (known && !this.#lost) {
      this.#lastReport = await this.host.report(this.number, 'close').catch(() => this.#lastReport)
    }
    if (!this.#lost) for (const pair of this.#pairs) this.host.release(pair)
    this.#pairs.clear()
    this.#state = { streams: [], a: newSide(), b: newSide() }
    this.#exchange = undefined
    this.#options.onClosed(this)
    return this.#lastReport
  }

  async #configure(): Promise<void> {
    const { a, b } = this.#options
    const streams = streamConfigurations(this.#state, { a: surroundings(a), b: surroundings(b) })
    for (const stream of streams) requireLeave(stream, this.#options)
    this.#configured = true
    if (!this.#lost) await this.host.configure(this.number, streams)
  }

  /** The prepared state of the exchange with what an earlier answer to it agreed. */
  #merged(exchange: Exchange): BridgeState {
    if (this.#answered === undefined) return exchange.prepared
    const streams = exchange.prepared.streams.map((prepared, index): StreamState => {
      const agreed = this.#state.streams[index] ?? NO_STREAM
      return { a: agreed.a ?? prepared.a, b: agreed.b ?? prepared.b, active: agreed.active }
    })
    return { ...this.#state, streams }
  }

  /** Pairs that neither the agreed nor the pending state names go back to their pool. */
  #releaseUnused(): void {
    const used = new Set<PairName>()
    for (const streams of [this.#state.streams, this.#exchange?.prepared.streams ?? []]) {
      for (const { a, b } of streams) {
        if (a !== undefined) used.add(a.pair)
        if (b !== undefined) used.add(b.pair)
      }
    }
    for (const pair of this.#pairs) {
      if (used.has(pair)) continue
      this.#pairs.delete(pair)
      if (!this.#lost) this.host.release(pair)
    }
  }

  async #refusingCapacity<T>(negotiate: () => Promise<T>): Promise<T | { ok: false; error: MediaRefusal }> {
    try {
      return await negotiate()
    } catch (error) {
      if (error instanceof MediaError && error.code === 'MEDIA_NO_CAPACITY') return { ok: false, error: NO_CAPACITY }
      throw error
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new MediaError('MEDIA_CLOSED', 'the bridge is closed'))
    const result = this.#tail.then(run)
    this.#tail = result.catch(() => {})
    return result
  }
}

function newSide(secured = false): SideState {
  // RFC 8866 §5.2: numeric, unique for this creator; small enough for phones that read 31 bits
  return { sessionId: String(1 + randomInteger(0x7fff_fffe)), version: 1, said: undefined, heard: undefined, secured }
}

/** In whatever worker the phone was before. */
function isSecured({ continues }: SideOptions): boolean {
  return continues?.bridge instanceof RelayBridge && continues.bridge.secured(continues.side)
}

/** The last word, whatever was negotiated: no packet in clear on a side that was not named. */
function requireLeave(stream: StreamConfiguration | null, options: RelayBridgeOptions): void {
  for (const side of ['a', 'b'] as const) {
    const inClear = stream !== null && stream[side].suite === undefined
    if (inClear && options[side].allowInsecureRtp === undefined)
      throw new MediaError('MEDIA_BAD_STATE', `side ${side} may not speak plain RTP`)
  }
}

function advertised(side: SideOptions): string {
  return side.advertisedAddress ?? side.localAddress
}

function surroundings(side: SideOptions): { localAddress: string; signallingAddress: string | undefined } {
  return { localAddress: side.localAddress, signallingAddress: side.signallingAddress }
}
