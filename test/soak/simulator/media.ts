/** Media without packets: bridges that negotiate SDP as phones do, on ports that are counted. */
import type {
  BridgeOptions,
  BridgeReport,
  MediaBridge,
  MediaEngine,
  MediaMeeting,
  MediaOutcome,
  Side,
} from '../../../src/media/media-engine.ts'
import { directionOf, parseSdp } from '../../../src/media/sdp/index.ts'
import { NO_REPORT } from '../../../src/call/fakes.ts'
import { SUITES } from '../../../src/media/srtp/index.ts'
import { type CallMedia, createCallMedia } from '../../../src/test-phone/call-media.ts'
import { CODECS } from '../../../src/test-phone/g711.ts'

const REFUSED: MediaOutcome = { ok: false, refusal: { reason: 'malformed-sdp', explanation: 'no audio' } }
const FIRST_PORT = 20_000

export class SimulatedMedia implements MediaEngine {
  readonly name = 'simulated'
  readonly ports = new Set<number>()
  opened = 0
  #bridges = 0
  #next = 0

  get bridgeCount(): number {
    return this.#bridges
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async openBridge(options: BridgeOptions): Promise<MediaBridge> {
    this.opened++
    this.#bridges++
    const ports = [this.#port(), this.#port()] as const
    return new SimulatedBridge(`${options.callId}/${this.opened}`, ports, () => {
      this.#bridges--
      for (const port of ports) this.ports.delete(port)
    })
  }

  #port(): number {
    let port: number
    do {
      port = FIRST_PORT + 2 * (this.#next++ % 10_000)
    } while (this.ports.has(port))
    this.ports.add(port)
    return port
  }
}

class SimulatedBridge implements MediaBridge {
  readonly id: string
  readonly #sides: Readonly<Record<Side, CallMedia>>
  readonly #release: () => void
  #pending: { readonly from: Side; readonly sdp: string } | undefined
  #closed = false

  constructor(id: string, [a, b]: readonly [number, number], release: () => void) {
    this.id = id
    this.#release = release
    const speaker = (port: number): CallMedia =>
      createCallMedia({ session: { address: '192.0.2.1', port, agree() {} }, suites: SUITES, codecs: CODECS })
    this.#sides = { a: speaker(a), b: speaker(b) }
  }

  async offer(from: Side, sdp: string): Promise<MediaOutcome> {
    const held = isHeld(sdp)
    if (held === undefined) return REFUSED
    this.#pending = { from, sdp }
    return { ok: true, sdp: this.#sides[other(from)].offer(held ? 'sendonly' : 'sendrecv'), held }
  }

  async answer(from: Side, sdp: string): Promise<MediaOutcome> {
    const pending = this.#pending
    if (pending === undefined || pending.from === from) throw new Error('an answer without an offer')
    const held = isHeld(sdp)
    if (held === undefined || this.#sides[from].takeAnswer(sdp, true) !== undefined) return REFUSED
    const answer = this.#sides[pending.from].answer(pending.sdp, 'sendrecv')
    return answer.ok ? { ok: true, sdp: answer.value, held } : REFUSED
  }

  async meet(a: string, b: string): Promise<MediaMeeting> {
    const answers = [this.#sides.a.answer(a, 'sendrecv'), this.#sides.b.answer(b, 'sendrecv')] as const
    const [first, second] = answers
    if (!first.ok || !second.ok) {
      return { ok: false, side: 'a', refusal: { reason: 'malformed-sdp', explanation: 'no audio' } }
    }
    return { ok: true, a: first.value, b: second.value, heard: b }
  }

  async rollback(): Promise<void> {
    this.#pending = undefined
  }

  async report(): Promise<BridgeReport> {
    return { a: NO_REPORT, b: NO_REPORT }
  }

  async close(): Promise<BridgeReport> {
    if (!this.#closed) this.#release()
    this.#closed = true
    return this.report()
  }
}

function other(side: Side): Side {
  return side === 'a' ? 'b' : 'a'
}

/** Undefined where there is no audio. */
function isHeld(sdp: string): boolean | undefined {
  const parsed = parseSdp(sdp)
  const audio = parsed.ok ? parsed.value.media.find(({ media }) => media === 'audio') : undefined
  if (!parsed.ok || audio === undefined) return undefined
  const direction = directionOf(parsed.value, audio)
  return direction === 'sendonly' || direction === 'inactive'
}
