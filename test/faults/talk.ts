/** Two phones with audio: a call is not up because signalling says so, but because each side hears the other. */
import assert from 'node:assert/strict'
import type { CallOutcome, PhoneCall } from '../../src/test-phone/call.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { toneHeard } from '../../src/test-phone/tone.ts'
import { eventually } from '../support/places.ts'
import type { Ringfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'

export interface Talk {
  readonly call: PhoneCall
  readonly other: PhoneCall
  /** Both sides hear each other, from now on. */
  heard(): Promise<void>
  hangUp(): Promise<void>
}

export type Refusal = Extract<CallOutcome, { readonly ok: false }>

export interface Talkers {
  readonly a: TestPhone
  readonly b: TestPhone
  /** Registers both, trying until `timeoutMs`. */
  register(timeoutMs?: number): Promise<void>
  /** A call that is answered and heard on both sides. */
  talk(): Promise<Talk>
  /** How a call is refused; undefined when it was answered (and hung up). */
  attempt(): Promise<Refusal | undefined>
  stop(): Promise<void>
}

const HEARD_WITHIN_MS = 15_000

export async function createTalkers(
  system: Ringfence,
  numbers: readonly [string, string],
  caPem = system.caPem,
): Promise<Talkers> {
  const a = testPhoneFor(await system.addPhone(numbers[0]), caPem)
  const b = testPhoneFor(await system.addPhone(numbers[1]), caPem)
  const registered = (phone: TestPhone, timeoutMs: number): Promise<unknown> =>
    eventually(async () => (await phone.register()).ok, timeoutMs, `${phone.username} registered`)
  return {
    a,
    b,
    async register(timeoutMs = 15_000) {
      await registered(a, timeoutMs)
      await registered(b, timeoutMs)
    },
    async talk() {
      const incoming = b.nextIncoming(15_000)
      const call = a.call(numbers[1])
      const other = await incoming
      await other.answer()
      const outcome = await call.outcome
      assert.ok(outcome.ok, JSON.stringify(outcome))
      call.speak(440)
      other.speak(1000)
      const talk: Talk = {
        call,
        other,
        async heard() {
          const hears = (listener: PhoneCall, tone: number): Promise<unknown> =>
            eventually(
              async () => toneHeard(await listener.measureTone(tone, 300)),
              HEARD_WITHIN_MS,
              `${tone} Hz heard`,
            )
          await Promise.all([hears(call, 1000), hears(other, 440)])
        },
        hangUp: () => call.hangup(),
      }
      await talk.heard()
      return talk
    },
    async attempt() {
      b.onIncoming(call => void call.answer().catch(() => undefined))
      const call = a.call(numbers[1])
      const outcome = await call.outcome
      if (!outcome.ok) return outcome
      await call.hangup()
      return undefined
    },
    async stop() {
      await Promise.all([a.stop(), b.stop()])
    },
  }
}
