import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { createGrouping, type GroupingOptions } from './grouping.ts'
import type { AlertMessage, Notice, Urgency } from './types.ts'

function notice(group: string, urgency: Urgency = 'error', id = 'n'): Notice {
  const words = { title: 't', happened: 'h', who: 'w', cost: undefined, prevented: undefined, done: 'd' }
  return { id, type: 'fraud.blocked', at: 0, urgency, group, ...words, advice: undefined, undo: undefined, details: {} }
}

function world(more: Partial<GroupingOptions> = {}) {
  const clock = new ManualClock()
  const sent: (AlertMessage & { readonly second: number })[] = []
  const start = clock.monotonic()
  const send = (message: AlertMessage): void => {
    sent.push({ ...message, second: (clock.monotonic() - start) / 1_000 })
  }
  const grouping = createGrouping({ clock, send, ...more })
  const told = (): unknown => sent.map(each => [each.second, each.notice.group, each.more])
  return { clock, sent, grouping, told }
}

test('the first is told at once, then one a minute with how many there were, then quiet', () => {
  const { clock, grouping, told } = world()
  for (let second = 0; second < 150; second++) {
    grouping.take(notice('101'))
    clock.advance(1_000)
  }
  clock.advance(600_000)
  assert.deepEqual(told(), [
    [0, '101', 0],
    [60, '101', 58],
    [120, '101', 59],
    [180, '101', 29],
  ])
  assert.equal(clock.pendingCount, 0)
  grouping.take(notice('101'))
  assert.deepEqual((told() as unknown[]).at(-1), [750, '101', 0])
})

test('what is critical goes at once, each of it', () => {
  const { grouping, sent } = world({ atOnce: 1 })
  for (let count = 0; count < 50; count++) grouping.take(notice('101', 'critical'))
  assert.equal(sent.length, 50)
})

test('the most urgent of those that waited is what is shown', () => {
  const { clock, grouping, sent } = world()
  const all = [notice('101', 'warning', 'a'), notice('101', 'warning', 'b'), notice('101', 'error', 'c')]
  for (const each of all) grouping.take(each)
  clock.advance(60_000)
  assert.deepEqual(
    sent.map(each => each.notice.id),
    ['a', 'c'],
  )
})

test('many groups at once: a few messages, and one for the rest', () => {
  const { clock, grouping, sent } = world({ atOnce: 5, groups: 100 })
  for (let extension = 0; extension < 1_000; extension++) grouping.take(notice(`${extension}`))
  assert.equal(sent.length, 5)
  clock.advance(60_000)
  assert.equal(sent.length, 6)
  assert.equal(sent.at(-1)?.more, 994)
})

test('a flush tells what waits', () => {
  const { clock, grouping, told } = world()
  for (const group of ['101', '101', '101', '102']) grouping.take(notice(group))
  grouping.flush()
  assert.deepEqual(told(), [
    [0, '101', 0],
    [0, '102', 0],
    [0, '101', 1],
  ])
  assert.equal(clock.pendingCount, 0)
})

test('property: nothing is lost, and a group has at most one message a minute', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom('a', 'b', 'c', 'd')), { maxLength: 200 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, atOnce, groups) => {
        const { clock, grouping, sent } = world({ atOnce, groups })
        for (const [wait, group] of steps) {
          clock.advance(wait)
          grouping.take(notice(group))
        }
        clock.advance(3_600_000)
        grouping.flush()
        assert.equal(
          sent.reduce((sum, each) => sum + 1 + each.more, 0),
          steps.length,
        )
        assert.equal(clock.pendingCount, 0)
        const windows = Math.ceil((steps.reduce((sum, [wait]) => sum + wait, 0) + 60_000) / 60_000) + 1
        assert.ok(sent.length <= windows * (atOnce + groups + 1), `${sent.length} messages in ${windows} minutes`)
      },
    ),
  )
})

/** Quiet for eight hours, from so many milliseconds on. */
function quietWorld(begins = 0) {
  const clock = new ManualClock(0)
  const sent: [string, number][] = []
  const end = begins + 8 * 3_600_000
  const grouping = createGrouping({
    clock,
    send: ({ notice: { id }, more }) => void sent.push([id, more]),
    quietFor: () => (clock.now() >= begins && clock.now() < end ? end - clock.now() : undefined),
  })
  return { clock, sent, grouping }
}

test('in quiet hours only what is critical is told; the rest is one message at their end, the most urgent first', () => {
  const { clock, sent, grouping } = quietWorld()
  grouping.take(notice('a', 'warning', 'a'))
  grouping.take(notice('b', 'error', 'b'))
  grouping.take(notice('c', 'warning', 'c'))
  grouping.take(notice('d', 'critical', 'd'))
  const critical: (readonly [string, number])[] = [['d', 0]]
  assert.deepEqual(sent, critical)
  clock.advance(8 * 3_600_000 - 1)
  assert.deepEqual(sent, critical)
  clock.advance(1)
  assert.deepEqual(sent, [...critical, ['b', 2]])
  clock.advance(60_000)
  grouping.take(notice('e', 'warning', 'e'))
  assert.deepEqual(sent.at(-1), ['e', 0])
  clock.advance(3_600_000)
  assert.equal(clock.pendingCount, 0)
})

test('what waits for its minute when the quiet hours begin waits on', () => {
  const { clock, sent, grouping } = quietWorld(30_000)
  grouping.take(notice('a', 'warning', 'first'))
  grouping.take(notice('a', 'warning', 'second'))
  clock.advance(60_000)
  const first: (readonly [string, number])[] = [['first', 0]]
  assert.deepEqual(sent, first)
  clock.advance(8 * 3_600_000)
  assert.deepEqual(sent, [...first, ['second', 0]])
})
