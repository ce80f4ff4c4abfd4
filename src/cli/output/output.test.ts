import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { describeEvent } from './describe-event.ts'
import { withProgress } from './progress.ts'
import { createPainter, formatTable, printable } from './text.ts'
import { formatDuration, parseSince, withIsoTimes } from './time.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

test('times that --since understands', () => {
  assert.equal(parseSince('15m', NOW), NOW - 900_000)
  assert.equal(parseSince('2h', NOW), NOW - 7_200_000)
  assert.equal(parseSince('3d', NOW), NOW - 259_200_000)
  assert.equal(parseSince('2026-11-22T10:00:00Z', NOW), NOW - 7_200_000)
  assert.equal(parseSince('2026-11-22T12:00:00+02:00', NOW), NOW - 7_200_000)
  assert.equal(parseSince('2026-11-22', NOW), new Date(2026, 10, 22).getTime())
  assert.equal(parseSince('2026-11-22 10:00', NOW), new Date(2026, 10, 22, 10).getTime())
  for (const text of ['', 'm', '-5m', '5 m', '5y', '2026-13-01', '2026-11-22T25:00', 'yesterday', '99999999999m']) {
    assert.equal(parseSince(text, NOW), undefined, text)
  }
})

test('times become ISO 8601 in JSON, other numbers stay', () => {
  const value = {
    at: NOW,
    startedAt: 0,
    answeredAt: null,
    notAfter: NOW,
    port: 5061,
    setupMs: 7,
    nested: [{ endedAt: NOW }],
  }
  assert.deepEqual(withIsoTimes(value), {
    at: '2026-11-22T12:00:00.000Z',
    startedAt: '1970-01-01T00:00:00.000Z',
    answeredAt: null,
    notAfter: '2026-11-22T12:00:00.000Z',
    port: 5061,
    setupMs: 7,
    nested: [{ endedAt: '2026-11-22T12:00:00.000Z' }],
  })
})

test('durations', () => {
  assert.deepEqual([0, 7_400, 750_000, 7_500_000].map(formatDuration), ['0:00', '0:07', '12:30', '2:05:00'])
})

test('columns line up, wide and combining characters too', () => {
  const table = formatTable(
    ['NAME', 'X'],
    [
      ['日本', '1'],
      ['e\u0301', '2'],
      ['abcd', '3'],
    ],
    createPainter(false),
  )
  assert.equal(table, 'NAME  X\n日本  1\ne\u0301     2\nabcd  3\n')
})

test('colours only where they are wanted', () => {
  assert.equal(createPainter(false)('red', 'x'), 'x')
  assert.equal(createPainter(true)('red', 'x'), '\x1b[31mx\x1b[39m')
})

test('what strangers wrote cannot steer a terminal', () => {
  assert.equal(printable('a\x1b]0;x\x07\u009b\u202eb\u2028\n'), 'a·]0;x···b··')
  assert.equal(printable('x'.repeat(300)).length, 200)
})

test('progress is told after a second, and only where it is wanted', async () => {
  const clock = new ManualClock()
  let text = ''
  const options = { clock, stderr: { write: (part: string) => (text += part) }, inPlace: true, enabled: true }
  let finish: (value: number) => void = () => {}
  const work = withProgress(options, 'opening', new Promise<number>(resolve => (finish = resolve)), () => 'half')
  clock.advance(999)
  assert.equal(text, '')
  clock.advance(1)
  assert.equal(text, '\r\x1b[Kopening … 1 s, half')
  clock.advance(1_000)
  finish(7)
  assert.equal(await work, 7)
  assert.match(text, /opening … 2 s, half\r\x1b\[K$/)
  assert.equal(clock.pendingCount, 0)
  text = ''
  await assert.rejects(withProgress({ ...options, inPlace: false }, 'x', Promise.reject(new Error('no'))))
  assert.equal(clock.pendingCount, 0)
  await withProgress({ ...options, enabled: false }, 'x', Promise.resolve())
  assert.equal(text, '')
})

test('an event that this release does not know is shown as it is', () => {
  const envelope = { id: 'x', at: NOW, severity: 'info', organisationId: undefined }
  const unknown = { ...envelope, type: 'fraud.detected', data: { extension: '101' } } as unknown as RingfenceEvent
  assert.equal(describeEvent(unknown), '{"extension":"101"}')
  const lacking = { ...envelope, type: 'call.answered', data: { from: '101' } } as unknown as RingfenceEvent
  assert.equal(describeEvent(lacking), '{"from":"101"}')
})
