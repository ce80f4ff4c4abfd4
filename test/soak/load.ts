/**
 * A process of its own that keeps calls coming at a steady rate: phones over TLS, registrations refreshed each minute, one call
 * in ten with SRTP audio both ways, some cancelled, refused, held, and now and then a phone that loses its connection.
 * Reads its orders as one line of JSON, ends at the line `stop`, prints what it saw.
 */
import { createInterface } from 'node:readline'
import type { CallOutcome, PhoneCall } from '../../src/test-phone/call.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { pause } from '../support/places.ts'
import { testPhoneFor } from '../support/test-phones.ts'

export interface LoadPair {
  readonly caller: PhoneCredentials
  readonly called: PhoneCredentials
  /** Number of the called. */
  readonly number: string
  readonly audio: boolean
}

export interface LoadOrders {
  readonly caPem: string
  readonly pairs: readonly LoadPair[]
  readonly callsPerSecond: number
  readonly seed: number
  readonly shortestMs: number
  readonly longestMs: number
}

/** What happened to the calls, in sums. */
export interface LoadReport {
  readonly placed: number
  readonly answered: number
  readonly cancelled: number
  readonly busy: number
  readonly held: number
  readonly reconnected: number
  /** Calls and registrations that got 503: the machine had too little time for the server. */
  readonly overloaded: number
  readonly audioPackets: number
  readonly setupMs: { readonly median: number; readonly p99: number }
  /** Anything that was not meant to happen, by what it was. */
  readonly unexpected: Readonly<Record<string, number>>
}

interface Pair {
  readonly caller: TestPhone
  readonly called: TestPhone
  readonly number: string
}

/** Seconds. */
const EXPIRES = 60
const REFRESH_MS = 30_000
const CANCELLED = 0.06
const BUSY = 0.06
const HELD = 0.04
const LONGEST_RINGING_MS = 600
const RECONNECT_EVERY_MS = 5_000
const MAXIMUM_SETUPS = 200_000

function createLoad(orders: LoadOrders) {
  const random = createRandom(orders.seed)
  const counts = { placed: 0, answered: 0, cancelled: 0, busy: 0, held: 0, reconnected: 0, overloaded: 0 }
  const unexpected: Record<string, number> = {}
  const setups: number[] = []
  let audioPackets = 0
  let busyNext = 0
  let stopped = false
  const odd = (what: string): void => {
    unexpected[what] = (unexpected[what] ?? 0) + 1
  }

  const phone = (credentials: PhoneCredentials, audio: boolean): TestPhone =>
    testPhoneFor(credentials, orders.caPem, { audio })
  const pairs = orders.pairs.map((pair): Pair & { readonly audio: boolean } => ({
    caller: phone(pair.caller, pair.audio),
    called: phone(pair.called, pair.audio),
    number: pair.number,
    audio: pair.audio,
  }))
  const answer = async (call: PhoneCall, audio: boolean): Promise<void> => {
    if (busyNext > 0) {
      busyNext--
      return call.reject(486)
    }
    await pause(random.below(LONGEST_RINGING_MS))
    if (call.state !== 'ringing' && call.state !== 'calling') return
    await call.answer()
    if (audio) call.speak(1000)
  }
  for (const { called, audio } of pairs) {
    // A call that was cancelled meanwhile cannot be answered.
    called.onIncoming(call => void answer(call, audio).catch(() => undefined))
  }

  async function talk(call: PhoneCall): Promise<void> {
    const length = orders.shortestMs + random.below(orders.longestMs - orders.shortestMs)
    if (random.below(1000) < HELD * 1000) {
      counts.held++
      const status = await call.hold()
      await pause(length)
      const back = await call.resume()
      if (status !== 200 || back !== 200) odd(`hold ${status}, resume ${back}`)
    } else await pause(length)
    audioPackets += call.statistics().packetsReceived
    await call.hangup()
  }

  async function cancelled(call: PhoneCall): Promise<CallOutcome> {
    await pause(random.below(LONGEST_RINGING_MS))
    await call.hangup()
    return call.outcome
  }

  async function place({ caller, number, audio }: Pair & { readonly audio: boolean }): Promise<void> {
    counts.placed++
    const roll = random.below(1000) / 1000
    const cancel = roll < CANCELLED
    if (!cancel && roll < CANCELLED + BUSY) busyNext++
    const call = caller.call(number, audio ? { speak: 440 } : {})
    const outcome = await (cancel ? cancelled(call) : call.outcome)
    if (outcome.ok && cancel) counts.answered++
    else if (outcome.ok) {
      counts.answered++
      if (setups.length < MAXIMUM_SETUPS) setups.push(outcome.setupMs)
      await talk(call)
    } else if (cancel) counts.cancelled++
    else if (outcome.status === 486) counts.busy++
    else if (outcome.status === 503) counts.overloaded++
    else odd(`${outcome.status} ${outcome.reason}`)
  }

  const register = async (each: TestPhone): Promise<void> => {
    for (;;) {
      const outcome = await each.register(EXPIRES)
      if (outcome.ok || stopped) return
      if (outcome.status === 503) counts.overloaded++
      else odd(`REGISTER ${outcome.status} ${outcome.reason}`)
      await pause(500 + random.below(2_000))
    }
  }

  /** As phones do: again in time, and again when it was refused. */
  async function refresh(each: TestPhone): Promise<void> {
    while (!stopped) {
      await pause(REFRESH_MS + random.below(REFRESH_MS / 4))
      if (!stopped) await register(each)
    }
  }

  /** A caller that is in no call loses its connection and comes back. */
  async function reconnect(): Promise<void> {
    while (!stopped) {
      await pause(RECONNECT_EVERY_MS)
      const { caller } = random.pick(pairs)
      if (caller.calls.length > 0) continue
      counts.reconnected++
      caller.vanish()
      await register(caller)
    }
  }

  const report = (): LoadReport => {
    const sorted = setups.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
    return { ...counts, audioPackets, setupMs: { median: at(0.5), p99: at(0.99) }, unexpected }
  }

  return {
    report,
    async start(): Promise<void> {
      for (const { caller, called } of pairs) await Promise.all([register(caller), register(called)])
      const silent = pairs.filter(pair => !pair.audio)
      const talking = pairs.filter(pair => pair.audio)
      const live = new Set<Promise<void>>()
      const reconnecting = reconnect()
      // Not waited for at the end: a pause of half a minute holds nothing up.
      for (const { caller, called } of pairs) void Promise.all([refresh(caller), refresh(called)])
      const every = 1000 / orders.callsPerSecond
      const began = performance.now()
      for (let i = 0; !stopped; i++) {
        const wait = began + i * every - performance.now()
        if (wait > 0) await pause(wait)
        const from = i % 10 === 0 && talking.length > 0 ? talking : silent
        const placed = place(from[i % from.length]!)
          .catch((error: Error) => odd(error.message))
          .finally(() => live.delete(placed))
        live.add(placed)
      }
      await Promise.all(live)
      await reconnecting
    },
    stop(): void {
      stopped = true
    },
    async quit(): Promise<void> {
      for (const { caller, called } of pairs) {
        await Promise.all([caller.unregister(), called.unregister()])
        await Promise.all([caller.stop(), called.stop()])
      }
    },
  }
}

if (import.meta.main) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const load = createLoad(JSON.parse((await lines.next()).value as string) as LoadOrders)
  const running = load.start()
  for (;;) {
    const { value, done } = await lines.next()
    if (done === true || value === 'stop') break
    process.stdout.write(`${JSON.stringify(load.report())}\n`)
  }
  load.stop()
  await running
  await load.quit()
  process.stdout.write(`done ${JSON.stringify(load.report())}\n`)
  process.exit(0)
}
