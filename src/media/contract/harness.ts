/** What the cases of the contract share: an engine under test, two phones, a bridge between them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../base/clock.ts'
import type {
  BridgeReport,
  MediaBridge,
  MediaEngine,
  MediaObserver,
  MediaOutcome,
  MediaRefusal,
  Side,
  SideOptions,
} from '../media-engine.ts'
import { MediaPhone, type OfferOptions, type PhoneOptions } from './phone.ts'

export interface EngineOptions {
  readonly observer: MediaObserver
  readonly clock: Clock
  readonly ports?: { readonly from: number; readonly to: number }
  readonly mediaTimeoutMs?: number
  readonly reportIntervalMs?: number
}

export type EngineFactory = (options: EngineOptions) => MediaEngine

export interface Observed {
  readonly quality: { readonly bridge: MediaBridge; readonly report: BridgeReport }[]
  readonly silent: { readonly bridge: MediaBridge; readonly side: Side; readonly silentForMs: number }[]
  readonly expired: { readonly bridge: MediaBridge; readonly side: Side }[]
  readonly failed: { readonly bridge: MediaBridge; readonly detail: string }[]
  readonly deadWorkers: { readonly worker: number; readonly bridges: number }[]
  /** Resolves when `done` holds after something was observed. */
  until(done: () => boolean): Promise<void>
}

export const LOCAL = { localAddress: '127.0.0.1' } as const

/** One engine for the time of a test, and everything that it opened. */
export class Stage {
  readonly engine: MediaEngine
  readonly observed: Observed
  readonly #phones: MediaPhone[] = []

  constructor(create: EngineFactory, options: Partial<EngineOptions> = {}) {
    const { observer, observed } = observation()
    this.observed = observed
    this.engine = create({ clock: systemClock, ...options, observer })
  }

  async phone(options: PhoneOptions = {}): Promise<MediaPhone> {
    const phone = await MediaPhone.open(options)
    this.#phones.push(phone)
    return phone
  }

  /** `plain`: what side b may speak in clear. */
  bridge(callId = 'call', plain?: SideOptions['allowInsecureRtp']): Promise<MediaBridge> {
    return this.engine.openBridge({ callId, a: LOCAL, b: { ...LOCAL, allowInsecureRtp: plain } })
  }

  /** Two phones in a call that `a` made. */
  async call(
    a: PhoneOptions = {},
    b: PhoneOptions = {},
  ): Promise<{ readonly bridge: MediaBridge; readonly a: MediaPhone; readonly b: MediaPhone }> {
    const phoneA = await this.phone({ ssrc: 0xaaaa_aaaa, ...a })
    const phoneB = await this.phone({ ssrc: 0xbbbb_bbbb, ...b })
    const bridge = await this.bridge()
    await connect(bridge, 'a', phoneA, phoneB)
    return { bridge, a: phoneA, b: phoneB }
  }

  async end(): Promise<void> {
    await this.engine.stop()
    await Promise.all(this.#phones.map(phone => phone.close()))
  }
}

/** One offer/answer exchange that `offering` starts. Returns what each phone was told. */
export async function connect(
  bridge: MediaBridge,
  from: Side,
  offering: MediaPhone,
  answering: MediaPhone,
  options: { readonly offer?: OfferOptions; readonly answer?: OfferOptions } = {},
): Promise<{ readonly offered: string; readonly answered: string; readonly held: boolean }> {
  const offered = accepted(await bridge.offer(from, offering.offer(options.offer)))
  const answer = answering.answer(offered.sdp, options.answer)
  const answered = accepted(await bridge.answer(from === 'a' ? 'b' : 'a', answer))
  offering.take(answered.sdp)
  return { offered: offered.sdp, answered: answered.sdp, held: offered.held }
}

export function accepted(outcome: MediaOutcome): { readonly sdp: string; readonly held: boolean } {
  if (!outcome.ok) assert.fail(`refused: ${outcome.refusal.reason}: ${outcome.refusal.explanation}`)
  return outcome
}

export function refused(outcome: MediaOutcome): MediaRefusal {
  if (outcome.ok) assert.fail('was accepted')
  return outcome.refusal
}

/** A packet from each side arrives at the other. */
export async function talk(a: MediaPhone, b: MediaPhone): Promise<void> {
  const atB = b.next()
  a.send()
  await atB
  const atA = a.next()
  b.send()
  await atA
}

/** A test with a stage of its own that is always taken down. */
export function staged(
  name: string,
  create: EngineFactory,
  run: (stage: Stage) => Promise<void>,
  options: Partial<EngineOptions> = {},
): void {
  test(name, { timeout: 15_000 }, async () => {
    const stage = new Stage(create, options)
    await stage.engine.start()
    try {
      await run(stage)
    } finally {
      await stage.end()
    }
  })
}

function observation(): { readonly observer: MediaObserver; readonly observed: Observed } {
  const waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = []
  const news = (): void => {
    for (const waiter of waiting.splice(0)) {
      if (waiter.done()) waiter.resolve()
      else waiting.push(waiter)
    }
  }
  const observed: Observed = {
    quality: [],
    silent: [],
    expired: [],
    failed: [],
    deadWorkers: [],
    until(done) {
      if (done()) return Promise.resolve()
      return new Promise(resolve => void waiting.push({ done, resolve }))
    },
  }
  const observer: MediaObserver = {
    quality(bridge, report) {
      observed.quality.push({ bridge, report })
      news()
    },
    silent(bridge, side, silentForMs) {
      observed.silent.push({ bridge, side, silentForMs })
      news()
    },
    keyExpired(bridge, side) {
      observed.expired.push({ bridge, side })
      news()
    },
    workerFailed(worker, bridges) {
      observed.deadWorkers.push({ worker, bridges })
    },
    failed(bridge, detail) {
      observed.failed.push({ bridge, detail })
      news()
    },
  }
  return { observer, observed }
}
