import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventReader, eventFrames } from './telephone-event.ts'

test('a digit is a run of packets with one event, growing duration, and the end told three times (RFC 4733 §2.5.1)', () => {
  const frames = eventFrames('5', 100)
  assert.equal(frames.length, 8)
  assert.deepEqual(
    frames.map(({ payload }) => [...payload]),
    [
      [5, 10, 0, 160],
      [5, 10, 1, 64],
      [5, 10, 1, 224],
      [5, 10, 2, 128],
      [5, 10, 3, 32],
      [5, 0x8a, 3, 32],
      [5, 0x8a, 3, 32],
      [5, 0x8a, 3, 32],
    ],
  )
  assert.deepEqual(
    frames.map(({ marker }) => marker),
    [true, false, false, false, false, false, false, false],
  )
})

test('letters, star and hash have their events; anything else is refused', () => {
  assert.equal(eventFrames('*')[0]!.payload[0], 10)
  assert.equal(eventFrames('#')[0]!.payload[0], 11)
  assert.equal(eventFrames('d')[0]!.payload[0], 15)
  for (const wrong of ['', '12', 'x', ' ']) assert.throws(() => eventFrames(wrong), RangeError)
})

test('the reader tells a digit once, though packets repeat, and ignores nonsense', () => {
  const digits: string[] = []
  const read = createEventReader(digit => digits.push(digit))
  for (const { payload } of eventFrames('7')) read(payload, 1000)
  for (const { payload } of eventFrames('7')) read(payload, 5000)
  read(Buffer.from([99, 10, 0, 160]), 6000)
  read(Buffer.from([1]), 7000)
  assert.deepEqual(digits, ['7', '7'])
})
