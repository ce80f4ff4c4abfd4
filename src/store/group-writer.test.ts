import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { StoreError } from './errors.ts'
import type { GroupWriter } from './group-writer.ts'
import { createGroupWriter } from './group-writer.ts'

let clock: ManualClock
let available: boolean
/** Batches that were handed over, each with what ends it. */
let written: { readonly items: readonly number[]; readonly again: boolean; readonly done: PromiseWithResolvers<void> }[]
let writer: GroupWriter<number>

beforeEach(() => {
  clock = new ManualClock()
  available = true
  written = []
  writer = createGroupWriter<number>({
    clock,
    capacity: 10,
    maximumBatch: 4,
    gather: 20,
    urgentGather: 15,
    available: () => available,
    write(items, again) {
      const done = Promise.withResolvers<void>()
      written.push({ items: [...items], again, done })
      return done.promise
    },
  })
})

function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

async function finish(error?: StoreError): Promise<void> {
  const { done } = written.at(-1)!
  if (error === undefined) done.resolve()
  else done.reject(error)
  await settled()
}

const away = () => new StoreError('STORE_UNAVAILABLE', 'away')
const items = () => written.map(batch => batch.items)

test('patient items gather; the promise is kept when the batch is durable, not before', async () => {
  let kept = 0
  for (const item of [1, 2, 3]) void writer.add(item).then(() => kept++)
  clock.advance(19)
  assert.equal(written.length, 0)
  clock.advance(1)
  assert.deepEqual(items(), [[1, 2, 3]])
  await settled()
  assert.equal(kept, 0)
  await finish()
  assert.equal(kept, 3)
  assert.equal(writer.size, 0)
})

test('a lone urgent item goes at once and takes the patient along', async () => {
  void writer.add(1)
  void writer.add(2, true)
  clock.advance(0)
  assert.deepEqual(items(), [[1, 2]])
})

test('after a busy batch an urgent item waits for company', async () => {
  for (const item of [1, 2, 3, 4]) void writer.add(item)
  clock.advance(20)
  await finish()
  void writer.add(5, true)
  clock.advance(11)
  assert.equal(written.length, 1)
  clock.advance(1)
  assert.deepEqual(items(), [[1, 2, 3, 4], [5]])
})

test('batches are bounded, go one at a time and in order', async () => {
  for (let item = 1; item <= 10; item++) void writer.add(item)
  assert.deepEqual(items(), [[1, 2, 3, 4]])
  await assert.rejects(writer.add(11), { code: 'STORE_OVERLOADED' })
  clock.advance(100)
  assert.equal(written.length, 1)
  await finish()
  assert.deepEqual(items().at(-1), [5, 6, 7, 8])
  await finish()
  clock.advance(20)
  assert.deepEqual(items().at(-1), [9, 10])
  await finish()
  assert.equal(writer.size, 0)
})

test('when the database goes away the urgent are refused, the patient tried again, marked so, before all others', async () => {
  const patient = writer.add(1)
  const urgent = writer.add(2, true)
  clock.advance(0)
  const later = writer.add(3)
  available = false
  await finish(away())
  await assert.rejects(urgent, { code: 'STORE_UNAVAILABLE' })
  await assert.rejects(writer.add(4, true), { code: 'STORE_UNAVAILABLE' })
  clock.advance(1_000)
  assert.equal(written.length, 1)
  available = true
  writer.resume()
  assert.deepEqual([written[1]?.items, written[1]?.again], [[1], true])
  await finish()
  await patient
  clock.advance(20)
  assert.deepEqual([written[2]?.items, written[2]?.again], [[3], false])
  await finish()
  await later
})

test('urgent items that wait are refused when the database goes', async () => {
  void writer.add(1)
  clock.advance(20)
  const urgent = writer.add(2, true)
  const patient = writer.add(3)
  available = false
  writer.refuseUrgent()
  await assert.rejects(urgent, { code: 'STORE_UNAVAILABLE' })
  assert.equal(writer.size, 2)
  available = true
  await finish()
  clock.advance(20)
  assert.deepEqual(items().at(-1), [3])
  await finish()
  await patient
})

test('a refused batch is halved until the one at fault stands alone', async () => {
  const taken: number[] = []
  const halving = createGroupWriter<number>({
    clock,
    capacity: 100,
    gather: 1,
    available: () => true,
    async write(batch) {
      if (batch.includes(5)) throw new StoreError('STORE_WRITE_REFUSED', 'five')
      taken.push(...batch)
    },
  })
  const all = Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map(item => halving.add(item)))
  clock.advance(1)
  assert.equal(
    (await all).every(each => each.status === 'rejected' && each.reason.code === 'STORE_WRITE_REFUSED'),
    true,
  )
  assert.deepEqual(taken, [1, 2, 3, 4, 6, 7])
  assert.equal(halving.size, 0)
})

test('flush writes what waits at once; stop refuses the rest and leaves no timer', async () => {
  void writer.add(1)
  const flushed = writer.flush()
  assert.deepEqual(items(), [[1]])
  await finish()
  await flushed
  const late = writer.add(2)
  writer.stop()
  await assert.rejects(late, { code: 'STORE_CLOSED' })
  await assert.rejects(writer.add(3), { code: 'STORE_CLOSED' })
  assert.deepEqual([writer.size, clock.pendingCount], [0, 0])
})

test('a write whose failure nobody waits for does not end the process', async () => {
  void writer.add(1)
  clock.advance(20)
  await finish(new StoreError('STORE_WRITE_REFUSED', 'no'))
  assert.equal(writer.size, 0)
})
