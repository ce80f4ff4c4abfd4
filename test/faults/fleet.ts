/**
 * Many phones that behave as real ones do when their server breaks: they notice that the connection is gone, register again
 * by themselves, and dial anew what they lost. The fleet keeps a number of encrypted calls up and counts what it saw.
 */
import assert from 'node:assert/strict'
import type { PhoneCall } from '../../src/test-phone/call.ts'
import { createPhoneEndpoint, type PhoneEndpoint } from '../../src/test-phone/endpoint.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import type { Random } from '../fuzz/engine/random.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually, pause } from '../support/places.ts'
import type { Ringfence } from '../support/ringfence.ts'
import { proxyOf, sharedPhone } from '../support/test-phones.ts'

export interface FleetOptions {
  readonly system: Ringfence
  readonly caPem?: string
  readonly random: Random
  readonly pairs: number
  readonly callsPerPair: number
  /** First number of the callers; the called have numbers 1,000 above. */
  readonly firstNumber?: number
}

/** What a caller heard: its call was answered (200). */
export interface AnsweredCall {
  readonly from: string
  readonly to: string
  readonly at: number
}

export interface Fleet {
  /** Calls that are answered and not ended, as their callers see them. */
  readonly live: ReadonlySet<PhoneCall>
  readonly answered: readonly AnsweredCall[]
  /** Status and reason of each refused attempt since the last `forget`. */
  readonly refused: readonly string[]
  /** How live calls ended that nobody hung up and whose connection stood, since the last `forget`. */
  readonly broken: readonly string[]
  readonly registered: number
  readonly size: number
  forget(): void
  /** Dials until every pair has its calls, and again what ends, until `rest`. */
  dial(): void
  rest(): void
  /** Waits until all phones are registered and all calls are up. */
  whole(timeoutMs: number): Promise<void>
  /** Waits until all phones are registered. */
  back(timeoutMs: number): Promise<void>
  /** Hangs up one live call, any. */
  hangUpOne(): Promise<void>
  /** Status and reason where it was refused. */
  registerOne(): Promise<string | undefined>
  hangUpAll(): Promise<void>
  stop(): Promise<void>
}

interface Pair {
  readonly caller: TestPhone
  readonly from: string
  readonly to: string
}

const REDIAL_MS = 100
/** Who was refused waits longer, though less than Retry-After says: a test has no minutes. */
const REFUSED_MS = 400
const REGISTER_TRIES = 20

/** Adds the extensions and registers all phones. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { system, pairs, firstNumber = 1000 } = options
  const credentials: { caller: PhoneCredentials; called: PhoneCredentials }[] = []
  for (let i = 0; i < pairs; i++) {
    const caller = await system.addPhone(String(firstNumber + i))
    credentials.push({ caller, called: await system.addPhone(String(firstNumber + 1000 + i)) })
  }
  const outboundProxy = proxyOf(credentials[0]!.caller.outboundProxy)
  const endpoint = (): PhoneEndpoint => createPhoneEndpoint({ outboundProxy, caPem: options.caPem ?? system.caPem })
  const fleet = new PhoneFleet(options.random, [endpoint(), endpoint()])
  for (const [i, each] of credentials.entries()) {
    fleet.addPair(each, String(firstNumber + i), String(firstNumber + 1000 + i))
  }
  await fleet.begin(options.callsPerPair)
  return fleet
}

class PhoneFleet implements Fleet {
  readonly live = new Set<PhoneCall>()
  readonly answered: AnsweredCall[] = []
  readonly refused: string[] = []
  readonly broken: string[] = []
  readonly #random: Random
  /** Of the callers, of the called. */
  readonly #endpoints: readonly [PhoneEndpoint, PhoneEndpoint]
  readonly #phones: TestPhone[] = []
  readonly #pairs: Pair[] = []
  readonly #registered = new Set<TestPhone>()
  readonly #hungUp = new WeakSet<PhoneCall>()
  #keepers: readonly Promise<void>[] = []
  #dialling = false
  #stopped = false

  constructor(random: Random, endpoints: readonly [PhoneEndpoint, PhoneEndpoint]) {
    this.#random = random
    this.#endpoints = endpoints
    for (const endpoint of endpoints) endpoint.onLost(() => this.#lost(endpoint))
  }

  get registered(): number {
    return this.#registered.size
  }

  get size(): number {
    return this.#phones.length
  }

  addPair({ caller, called }: { caller: PhoneCredentials; called: PhoneCredentials }, from: string, to: string): void {
    const a = sharedPhone(caller, this.#endpoints[0], { audio: false })
    const b = sharedPhone(called, this.#endpoints[1], { audio: false })
    // An answer that cannot be sent any more is no fault of the phone's.
    b.onIncoming(call => void call.answer().catch(() => undefined))
    this.#phones.push(a, b)
    this.#pairs.push({ caller: a, from, to })
  }

  async begin(callsPerPair: number): Promise<void> {
    await Promise.all(this.#phones.map(phone => this.#register(phone)))
    this.#keepers = this.#pairs.flatMap(pair => Array.from({ length: callsPerPair }, () => this.#keepCall(pair)))
  }

  forget(): void {
    this.refused.length = 0
    this.broken.length = 0
  }

  dial(): void {
    this.#dialling = true
  }

  rest(): void {
    this.#dialling = false
  }

  async whole(timeoutMs: number): Promise<void> {
    this.dial()
    const [phones, calls] = [this.size, this.#keepers.length]
    const isWhole = (): boolean => this.registered === phones && this.live.size === calls
    await eventually(isWhole, timeoutMs, `${phones} phones and ${calls} calls`).catch((error: Error) => {
      const refused = this.refused.slice(-5).join('; ')
      assert.fail(`${error.message}: ${this.registered} phones, ${this.live.size} calls, refused: ${refused}`)
    })
  }

  async back(timeoutMs: number): Promise<void> {
    await eventually(() => this.registered === this.size, timeoutMs, `${this.size} phones registered`)
  }

  async hangUpOne(): Promise<void> {
    if (this.live.size > 0) await this.#hangUp(this.#random.pick([...this.live]))
  }

  async registerOne(): Promise<string | undefined> {
    const phone = this.#random.pick(this.#phones)
    for (let tries = 1; ; tries++) {
      const outcome = await phone.register()
      if (outcome.ok) return undefined
      // 503 with Retry-After: the machine is so busy that the event loop lags.
      if (outcome.status !== 503 || tries === REGISTER_TRIES) return `${outcome.status} ${outcome.reason}`
      await pause(REFUSED_MS)
    }
  }

  async hangUpAll(): Promise<void> {
    this.rest()
    await Promise.all(Array.from(this.live, call => this.#hangUp(call)))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    // The server would wait for them.
    await Promise.race([this.hangUpAll(), pause(3_000)])
    await Promise.all(this.#phones.map(phone => phone.stop()))
    await Promise.all(this.#keepers)
    await Promise.all(this.#endpoints.map(endpoint => endpoint.stop()))
  }

  async #hangUp(call: PhoneCall): Promise<void> {
    this.#hungUp.add(call)
    await call.hangup()
  }

  /** RFC 5626 §4.5: a phone whose flow failed makes a new one and registers over it. What it talked about is over. */
  #lost(endpoint: PhoneEndpoint): void {
    for (const phone of this.#phones) {
      if (phone.endpoint !== endpoint) continue
      this.#registered.delete(phone)
      for (const call of phone.calls) {
        this.#hungUp.add(call)
        call.vanish()
      }
      void this.#register(phone)
    }
  }

  async #register(phone: TestPhone): Promise<void> {
    while (!this.#stopped && !this.#registered.has(phone)) {
      const outcome = await phone.register().catch(() => undefined)
      if (outcome?.ok === true) this.#registered.add(phone)
      else await pause(50 + this.#random.below(150))
    }
  }

  async #keepCall({ caller, from, to }: Pair): Promise<void> {
    while (!this.#stopped) {
      if (!this.#dialling || !this.#registered.has(caller)) {
        await pause(REDIAL_MS)
        continue
      }
      const call = caller.call(to)
      const outcome = await Promise.race([call.outcome, call.ended])
      if (!('ok' in outcome)) continue
      if (!outcome.ok) {
        this.refused.push(`${outcome.status} ${outcome.reason}`)
        await pause(REFUSED_MS + this.#random.below(REFUSED_MS))
        continue
      }
      this.answered.push({ from, to, at: Date.now() })
      this.live.add(call)
      const ending = await call.ended
      this.live.delete(call)
      if (!this.#hungUp.has(call)) this.broken.push(ending.reason ?? ending.by)
    }
  }
}
