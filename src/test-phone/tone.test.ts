import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PCMA, PCMU } from './g711.ts'
import { createToneGenerator, measureTone, toneHeard } from './tone.ts'

test('a tone is found at its frequency and at its level, and not at another', () => {
  const samples = createToneGenerator(1000).next(8000)
  const there = measureTone(samples, 1000)
  assert.ok(there.share > 0.99, `share ${there.share}`)
  assert.ok(Math.abs(there.level + 10) < 0.1, `level ${there.level}`)
  assert.ok(toneHeard(there))
  assert.ok(measureTone(samples, 440).share < 0.01)
  assert.ok(!toneHeard(measureTone(samples, 440)))
})

test('a tone survives G.711', () => {
  for (const codec of [PCMU, PCMA]) {
    const heard = codec.decode(codec.encode(createToneGenerator(440).next(1600)))
    assert.ok(measureTone(heard, 440).share > 0.98, codec.name)
  }
})

test('silence and too short a sound are not a tone', () => {
  assert.deepEqual(measureTone(new Int16Array(800), 440), {
    frequency: 440,
    share: 0,
    level: Number.NEGATIVE_INFINITY,
    samples: 800,
  })
  assert.ok(!toneHeard(measureTone(createToneGenerator(440).next(400), 440)))
})

test('the generator goes on where it stopped: frames joined are one clean tone', () => {
  const generator = createToneGenerator(523)
  const joined = new Int16Array(160 * 50)
  for (let frame = 0; frame < 50; frame++) joined.set(generator.next(160), frame * 160)
  assert.ok(measureTone(joined, 523).share > 0.99)
})
