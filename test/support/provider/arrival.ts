/** When a call reached a provider, by the provider's own log. */
import assert from 'node:assert/strict'
import type { PhoneCall } from '../../../src/test-phone/call.ts'
import type { TestPhone } from '../../../src/test-phone/test-phone.ts'
import { eventually } from '../places.ts'
import type { Provider } from './provider.ts'

/** Dials a number that provider `by` has to take; milliseconds from dialling to the INVITE there. */
export async function callArrivesAt(
  phone: TestPhone,
  by: Provider,
  number: string,
): Promise<{ readonly call: PhoneCall; readonly afterMs: number }> {
  const seen = by.seen().length
  const dialledAt = Date.now()
  const call = phone.call(number)
  const outcome = await call.outcome
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  const invite = (): number | undefined =>
    by
      .seen()
      .slice(seen)
      .find(({ message }) => message.kind === 'request' && message.method === 'INVITE')?.at
  const at = await eventually(invite, 1000, 'the call came this way')
  return { call, afterMs: Math.round(at - dialledAt) }
}
