/** Tones asserted at the far end of a call. Foreign phones buffer: a tone may take a moment to come, and to go. */
import assert from 'node:assert/strict'
import { type ToneMeasurement, toneHeard } from '../../src/test-phone/tone.ts'

type Measure = (frequency: number, milliseconds: number) => Promise<ToneMeasurement>

/** Passes as soon as one window holds the tone; fails after `attempts` windows. */
export async function assertHears(who: string, measure: Measure, frequency: number, attempts = 6): Promise<void> {
  let last: ToneMeasurement | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    last = await measure(frequency, 500)
    if (toneHeard(last)) return
  }
  assert.fail(`${who} does not hear ${frequency} Hz: ${JSON.stringify(last)}`)
}

/** Passes as soon as one window holds nothing of the tone. */
export async function assertSilent(who: string, measure: Measure, frequency: number, attempts = 4): Promise<void> {
  let last: ToneMeasurement | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    last = await measure(frequency, 400)
    if (last.samples === 0 || last.level < -60 || last.share < 0.02) return
  }
  assert.fail(`${who} still hears ${frequency} Hz: ${JSON.stringify(last)}`)
}
