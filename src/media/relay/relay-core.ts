/** What one worker does: it owns the sockets and the streams of its bridges, and reports what falls due. No thread in here. */
import type { Clock, Timer } from '../../base/clock.ts'
import { MediaLeg } from './media-leg.ts'
import type { NativeSockets } from './native-sockets.ts'
import type {
  LegReport,
  PairName,
  ReportPair,
  StreamConfiguration,
  WorkerNotice,
  WorkerOptions,
  WorkerRequest,
} from './protocol.ts'
import { openSocketPair, type SocketPair } from './socket-pair.ts'

interface Stream {
  readonly kind: 'audio' | 'video'
  readonly a: MediaLeg
  readonly b: MediaLeg
}

interface Bridge {
  streams: (Stream | undefined)[]
  nextReport: number
  /** How long each side had been silent when that was told last; 0 while it is heard. */
  readonly told: { a: number; b: number }
  /** Reports of streams that ended. */
  readonly ended: ReportPair[]
}

type Side = 'a' | 'b'

const SIDES: readonly Side[] = ['a', 'b']
/** How often reports and silences are looked for, at least; oftener where the intervals are shorter. */
const MAXIMUM_TICK_MS = 500

const EMPTY: LegReport = {
  codec: undefined,
  suite: undefined,
  transport: undefined,
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

/** Expedited forwarding for speech, assured forwarding 41 for pictures (RFC 4594 §4.1, §4.4). */
const DSCP = { audio: 46, video: 34 } as const

export const EMPTY_REPORT: ReportPair = { a: EMPTY, b: EMPTY }

export class RelayCore {
  readonly #clock: Clock
  readonly #options: WorkerOptions
  readonly #native: NativeSockets | undefined
  readonly #notify: (notice: WorkerNotice) => void
  readonly #tickMs: number
  readonly #pairs = new Map<string, SocketPair>()
  readonly #bridges = new Map<number, Bridge>()
  /** Legs whose contexts a bridge will carry on, by index of the m= line; kept until that bridge closes. */
  readonly #continued = new Map<number, { readonly [side in Side]?: readonly (MediaLeg | undefined)[] }>()
  #timer: Timer | undefined
  #stopped = false

  constructor(
    clock: Clock,
    options: WorkerOptions,
    native: NativeSockets | undefined,
    notify: (notice: WorkerNotice) => void,
  ) {
    this.#clock = clock
    this.#options = options
    this.#native = native
    this.#notify = notify
    this.#tickMs = Math.min(MAXIMUM_TICK_MS, options.reportIntervalMs)
  }

  handle(request: WorkerRequest): void {
    switch (request.type) {
      case 'bind':
        void this.#bind(request.pairs)
        return
      case 'unbind':
        for (const name of request.pairs) this.#unbind(name)
        return
      case 'configure':
        this.#configure(request.bridge, request.streams)
        return
      case 'continue':
        this.#continue(request)
        return
      case 'report':
        this.#notify({ type: 'reported', bridge: request.bridge, report: this.#report(request.bridge) })
        return
      case 'close':
        this.#close(request.bridge)
        return
      case 'stop':
        this.stop()
    }
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#bridges.clear()
    this.#continued.clear()
    for (const pair of this.#pairs.values()) pair.close()
    this.#pairs.clear()
  }

  async #bind(names: readonly PairName[]): Promise<void> {
    const bound: PairName[] = []
    const failed: PairName[] = []
    await Promise.all(
      names.map(async name => {
        try {
          const pair = await openSocketPair(name, this.#native)
          if (this.#stopped) pair.close()
          else this.#pairs.set(keyOf(name), pair)
          bound.push(name)
        } catch {
          failed.push(name)
        }
      }),
    )
    if (!this.#stopped) this.#notify({ type: 'bound', pairs: bound, failed })
  }

  #unbind(name: PairName): void {
    this.#pairs.get(keyOf(name))?.close()
    this.#pairs.delete(keyOf(name))
  }

  #continue({ bridge, side, of }: Extract<WorkerRequest, { type: 'continue' }>): void {
    const legs = this.#bridges.get(of.bridge)?.streams.map(stream => stream?.[of.side])
    if (legs !== undefined) this.#continued.set(bridge, { ...this.#continued.get(bridge), [side]: legs })
  }

  #configure(id: number, streams: readonly (StreamConfiguration | null)[]): void {
    let bridge = this.#bridges.get(id)
    if (bridge === undefined) {
      const nextReport = this.#clock.monotonic() + this.#options.reportIntervalMs
      bridge = { streams: [], nextReport, told: { a: 0, b: 0 }, ended: [] }
      this.#bridges.set(id, bridge)
    }
    const before = bridge.streams
    bridge.streams = streams.map((configuration, index) => {
      const stream = before[index]
      if (configuration === null) return undefined
      return stream === undefined
        ? this.#openStream(configuration, id, index)
        : this.#changeStream(stream, configuration)
    })
    for (const [index, stream] of before.entries()) {
      if (stream !== undefined && bridge.streams[index] === undefined) this.#endStream(bridge, stream)
    }
    this.#timer ??= this.#clock.schedule(this.#tickMs, () => this.#tick())
  }

  #openStream(configuration: StreamConfiguration, bridge: number, index: number): Stream | undefined {
    const pairA = this.#pairs.get(keyOf(configuration.a.pair))
    const pairB = this.#pairs.get(keyOf(configuration.b.pair))
    if (pairA === undefined || pairB === undefined) return undefined
    if (this.#options.dscp) for (const pair of [pairA, pairB]) pair.mark(DSCP[configuration.kind])
    const continued = this.#continued.get(bridge)
    const a = new MediaLeg(configuration.a, pairA, this.#clock, continued?.a?.[index])
    const b = new MediaLeg(configuration.b, pairB, this.#clock, continued?.b?.[index])
    a.peer = b
    b.peer = a
    return { kind: configuration.kind, a, b }
  }

  #changeStream(stream: Stream, configuration: StreamConfiguration): Stream {
    const now = this.#clock.monotonic()
    for (const side of SIDES) {
      const leg = stream[side]
      const pair = this.#pairs.get(keyOf(configuration[side].pair))
      // Whoever was on hold is given the full time again.
      if (configuration[side].expectedToSend && !leg.configuration.expectedToSend) leg.statistics.lastHeard = now
      if (pair !== undefined) leg.reconfigure(configuration[side], pair)
    }
    return stream
  }

  #endStream(bridge: Bridge, stream: Stream): void {
    bridge.ended.push({ a: stream.a.report(), b: stream.b.report() })
    if (bridge.ended.length > 4) bridge.ended.splice(0, 2, total(bridge.ended.slice(0, 2)))
    stream.a.close()
    stream.b.close()
  }

  #close(id: number): void {
    const report = this.#report(id)
    for (const stream of this.#bridges.get(id)?.streams ?? []) {
      stream?.a.close()
      stream?.b.close()
    }
    this.#bridges.delete(id)
    this.#continued.delete(id)
    this.#notify({ type: 'closed', bridge: id, report })
  }

  #report(id: number): ReportPair {
    const bridge = this.#bridges.get(id)
    if (bridge === undefined) return EMPTY_REPORT
    const live = bridge.streams.filter(stream => stream !== undefined)
    // The figures of quality are those of speech, where there is any.
    live.sort((x, y) => Number(y.kind === 'audio') - Number(x.kind === 'audio'))
    return total([...live.map(stream => ({ a: stream.a.report(), b: stream.b.report() })), ...bridge.ended])
  }

  #tick(): void {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    const reports: { bridge: number; report: ReportPair }[] = []
    const silences: { bridge: number; side: Side; silentForMs: number }[] = []
    const expired: { bridge: number; side: Side }[] = []
    for (const [id, bridge] of this.#bridges) {
      if (now >= bridge.nextReport) {
        bridge.nextReport += this.#options.reportIntervalMs
        if (bridge.nextReport <= now) bridge.nextReport = now + this.#options.reportIntervalMs
        reports.push({ bridge: id, report: this.#report(id) })
      }
      for (const side of SIDES) {
        const silentForMs = this.#newSilence(bridge, side, now)
        if (silentForMs !== undefined) silences.push({ bridge: id, side, silentForMs })
        if (bridge.streams.some(stream => stream?.[side].keyExpired)) expired.push({ bridge: id, side })
      }
    }
    if (reports.length + silences.length + expired.length > 0) {
      this.#notify({ type: 'tick', reports, silences, expired })
    }
    if (this.#bridges.size > 0) this.#timer = this.#clock.schedule(this.#tickMs, () => this.#tick())
  }

  /** How long no stream of `side` was heard, when that is too long and was not told yet. */
  #newSilence(bridge: Bridge, side: Side, now: number): number | undefined {
    let lastHeard = -1
    for (const stream of bridge.streams) {
      if (stream?.[side].configuration.expectedToSend)
        lastHeard = Math.max(lastHeard, stream[side].statistics.lastHeard)
    }
    const silentFor = lastHeard < 0 ? 0 : Math.round(now - lastHeard)
    if (silentFor < this.#options.mediaTimeoutMs) {
      bridge.told[side] = 0
      return undefined
    }
    if (silentFor - bridge.told[side] < this.#options.mediaTimeoutMs) return undefined
    bridge.told[side] = silentFor
    return silentFor
  }
}

function keyOf(name: PairName): string {
  return `${name.address}|${name.port}`
}

/** Adds up what can be added; the rest comes from the first that has it. */
function total(reports: readonly ReportPair[]): ReportPair {
  return { a: addUp(reports.map(report => report.a)), b: addUp(reports.map(report => report.b)) }
}

function addUp(reports: readonly LegReport[]): LegReport {
  const [first, ...rest] = reports
  if (first === undefined) return EMPTY
  const sum = { ...first }
  for (const report of rest) {
    sum.packetsReceived += report.packetsReceived
    sum.packetsSent += report.packetsSent
    sum.octetsReceived += report.octetsReceived
    sum.octetsSent += report.octetsSent
    sum.packetsLost += report.packetsLost
    sum.packetsUnauthenticated += report.packetsUnauthenticated
    sum.packetsReplayed += report.packetsReplayed
    sum.lastPacketAt = Math.max(sum.lastPacketAt ?? 0, report.lastPacketAt ?? 0) || undefined
    sum.roundTrip ??= report.roundTrip
  }
  return sum
}
