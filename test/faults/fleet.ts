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
  const { system, random, pairs: count, callsPerPair, firstNumber = 1000 } = options
  const credentials: { caller: PhoneCredentials; called: PhoneCredentials }[] = []
  for (let i = 0; i < count; i++) {
    const caller = await system.addPhone(String(firstNumber + i))
    credentials.push({ caller, called: await system.addPhone(String(firstNumber + 1000 + i)) })
  }
  const outboundProxy = proxyOf(credentials[0]!.caller.outboundProxy)
  const endpoints = [0, 1].map(() => createPhoneEndpoint({ outboundProxy, caPem: options.caPem ?? system.caPem }))
  const [callers, called] = endpoints as [PhoneEndpoint, PhoneEndpoint]
  const phones = new Map<PhoneEndpoint, TestPhone[]>(endpoints.map(endpoint => [endpoint, []]))
  const registered = new Set<TestPhone>()
  const live = new Set<PhoneCall>()
  const hungUp = new WeakSet<PhoneCall>()
  const answered: AnsweredCall[] = []
  const refused: string[] = []
  const broken: string[] = []
  let dialling = false
  let stopped = false

  const pairs = credentials.map((each, i): Pair => {
    const a = sharedPhone(each.caller, callers, { audio: false })
    const b = sharedPhone(each.called, called, { audio: false })
    // An answer that cannot be sent any more is no fault of the phone's.
    b.onIncoming(call => void call.answer().catch(() => undefined))
    phones.get(callers)!.push(a)
    phones.get(called)!.push(b)
    return { caller: a, from: String(firstNumber + i), to: String(firstNumber + 1000 + i) }
  })

  async function register(phone: TestPhone): Promise<void> {
    while (!stopped && !registered.has(phone)) {
      const outcome = await phone.register().catch(() => undefined)
      if (outcome?.ok === true) registered.add(phone)
      else await pause(50 + random.below(150))
    }
  }
  for (const [endpoint, own] of phones) {
    // RFC 5626 §4.5: a phone whose flow failed makes a new one and registers over it. What it talked about is over.
    endpoint.onLost(() => {
      for (const phone of own) {
        registered.delete(phone)
        for (const call of phone.calls) {
          hungUp.add(call)
          call.vanish()
        }
        void register(phone)
      }
    })
  }

  async function keepCall({ caller, from, to }: Pair): Promise<void> {
    while (!stopped) {
      if (!dialling || !registered.has(caller)) {
        await pause(REDIAL_MS)
        continue
      }
      const call = caller.call(to)
      const outcome = await Promise.race([call.outcome, call.ended])
      if (!('ok' in outcome)) continue
      if (!outcome.ok) {
        refused.push(`${outcome.status} ${outcome.reason}`)
        await pause(REFUSED_MS + random.below(REFUSED_MS))
        continue
      }
      answered.push({ from, to, at: Date.now() })
      live.add(call)
      const ending = await call.ended
      live.delete(call)
      if (!hungUp.has(call)) broken.push(ending.reason ?? ending.by)
    }
  }

  const all = [...phones.values()].flat()
  await Promise.all(all.map(register))
  const keepers = pairs.flatMap(pair => Array.from({ length: callsPerPair }, () => keepCall(pair)))
  const hangUp = async (call: PhoneCall): Promise<void> => {
    hungUp.add(call)
    await call.hangup()
  }
  const wanted = count * callsPerPair
  const fleet: Fleet = {
    live,
    answered,
    refused,
    broken,
    get registered() {
      return registered.size
    },
    size: all.length,
    forget() {
      refused.length = 0
      broken.length = 0
    },
    dial() {
      dialling = true
    },
    rest() {
      dialling = false
    },
    async whole(timeoutMs) {
      dialling = true
      await eventually(
        () => registered.size === all.length && live.size === wanted,
        timeoutMs,
        `${all.length} phones and ${wanted} calls`,
      ).catch((error: Error) => {
        const seen = `${registered.size} phones, ${live.size} calls, refused: ${refused.slice(-5).join('; ')}`
        assert.fail(`${error.message}: ${seen}`)
      })
    },
    async back(timeoutMs) {
      await eventually(() => registered.size === all.length, timeoutMs, `${all.length} phones registered`)
    },
    async hangUpOne() {
      if (live.size > 0) await hangUp(random.pick([...live]))
    },
    async registerOne() {
      const phone = random.pick(all)
      for (let tries = 1; ; tries++) {
        const outcome = await phone.register()
        if (outcome.ok) return undefined
        // 503 with Retry-After: the machine is so busy that the event loop lags.
        if (outcome.status !== 503 || tries === REGISTER_TRIES) return `${outcome.status} ${outcome.reason}`
        await pause(REFUSED_MS)
      }
    },
    async hangUpAll() {
      dialling = false
      await Promise.all([...live].map(hangUp))
    },
    async stop() {
      stopped = true
      // The server would wait for them.
      await Promise.race([fleet.hangUpAll(), pause(3_000)])
      await Promise.all(all.map(phone => phone.stop()))
      await Promise.all(keepers)
      await Promise.all(endpoints.map(endpoint => endpoint.stop()))
    },
  }
  return fleet
}
