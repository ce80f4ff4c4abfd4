/** Ends of calls outlast an outage of the store, as far as memory is given to them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { CallId, OrganisationId } from '../base/ids.ts'
import { silentLogger } from '../base/logger.ts'
import type { CallRecord } from './call-record.ts'
import { FakeCallRecords } from './fakes.ts'
import { createRecordWriter, MAXIMUM_WAITING_ENDS } from './record-writer.ts'

function record(number: number): CallRecord {
  return {
    id: `call-${number}` as CallId,
    organisationId: 'organisation' as OrganisationId,
    from: '101',
    to: '102',
    startedAt: 1,
    answeredAt: undefined,
    endedAt: 2,
    end: { side: 'caller', cause: 'normal', sipCode: 200 },
    legs: [],
    transferredFrom: undefined,
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('at most so many ends wait: the oldest is given up, and said', async () => {
  const clock = new ManualClock()
  const records = new FakeCallRecords()
  const errors: object[] = []
  records.broken = true
  const writer = createRecordWriter(records, clock, { ...silentLogger, error: fields => errors.push(fields) })
  for (let i = 0; i < MAXIMUM_WAITING_ENDS + 2; i++) writer.ended(record(i))
  await turn()
  assert.equal(writer.waiting, MAXIMUM_WAITING_ENDS)
  assert.deepEqual(errors, [{ call: 'call-0' }, { call: 'call-1' }])
  records.broken = false
  for (let i = 0; i < MAXIMUM_WAITING_ENDS / 500; i++) {
    clock.advance(1_000)
    await turn()
  }
  assert.equal(writer.waiting, 0)
  assert.equal(records.latest().length, MAXIMUM_WAITING_ENDS)
})

test('stop tries once more, and says what is lost', async () => {
  const clock = new ManualClock()
  const records = new FakeCallRecords()
  const errors: string[] = []
  records.broken = true
  const writer = createRecordWriter(records, clock, { ...silentLogger, error: (_, text) => errors.push(text) })
  writer.ended(record(1))
  await turn()
  await writer.stop()
  assert.deepEqual(errors, ['the end of a call could not be written'])
  assert.equal(clock.pendingCount, 0)
})
