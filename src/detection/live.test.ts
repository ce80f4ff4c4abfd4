import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createDetectionEngine } from './engine.ts'
import { createLiveDetection, MAXIMUM_TOLD } from './live.ts'
import { readRules } from './read-rule.ts'
import type { Detection } from './types.ts'

const ONE = `title: t
id: one
level: LEVEL
logsource: { product: ringfence }
detection: { a: { type: call.refused }, condition: a }`

let count = 0
const refused = (rule = `r${count}`): RingfenceEvent =>
  ({
    id: `e${count}`,
    type: 'call.refused',
    at: count++,
    severity: 'warning',
    data: { callId: 'c', from: String(count), to: '102', sipCode: 403, rule, reason: 'x' },
  }) as unknown as RingfenceEvent

function live(level: string) {
  const told: (readonly [Detection, number])[] = []
  const missed: number[] = []
  const errors: unknown[] = []
  const engine = createDetectionEngine(readRules(ONE.replace('LEVEL', level), 'x.yml').rules)
  const detection = createLiveDetection({
    clock: { monotonic: () => performance.now() },
    engine,
    tell: (found, unsaid) => void told.push([found, unsaid]),
    onMissed: each => void missed.push(each),
    onError: error => void errors.push(error),
  })
  return { detection, told, missed, errors }
}

const turns = async (many: number): Promise<void> => {
  for (let turn = 0; turn < many; turn++) await new Promise<void>(resolve => void setImmediate(resolve))
}

test('whoever publishes waits for no rule: events are looked at afterwards, and before it stops', async () => {
  const { detection, told } = live('high')
  detection.begin(new Set())
  detection.take(refused())
  assert.equal(told.length, 0)
  await turns(2)
  assert.equal(told.length, 1)
  detection.take(refused())
  detection.stop()
  assert.equal(told.length, 2)
  detection.take(refused())
  await turns(2)
  assert.equal(told.length, 2)
})

test('what came before it began waits, and what was seen in another way meanwhile is not looked at twice', async () => {
  const { detection, told } = live('high')
  const [first, second] = [refused(), refused()]
  detection.take(first)
  detection.take(second)
  await turns(2)
  assert.equal(told.length, 0)
  detection.begin(new Set([first.id]))
  await turns(2)
  assert.deepEqual(
    told.map(([{ events }]) => events[0]?.id),
    [second.id],
  )
})

test('what finds has no echo: findings and alerts are looked at by no rule, even one that asks for everything', async () => {
  const { detection, told } = live('high')
  detection.use(
    createDetectionEngine(
      readRules('title: t\nid: all\nlevel: high\nlogsource: {}\ndetection: { a: { type: "*" }, condition: a }', 'x')
        .rules,
    ),
  )
  detection.begin(new Set())
  for (const type of ['detection.found', 'detection.rules-changed', 'alert.sent', 'alert.failed', 'call.refused']) {
    detection.take({ ...refused(), type } as RingfenceEvent)
  }
  await turns(2)
  assert.deepEqual(
    told.map(([{ events }]) => events[0]?.type),
    ['call.refused'],
  )
})

test('findings of one rule are bounded in a time, and the next one says how many there were; critical ones are not', async () => {
  for (const [level, expected] of [
    ['low', MAXIMUM_TOLD],
    ['critical', 300],
  ] as const) {
    const { detection, told } = live(level)
    detection.begin(new Set())
    for (let index = 0; index < 300; index++) detection.take(refused())
    await turns(100)
    assert.equal(told.length, expected)
    detection.take({ ...refused(), at: count + 700_000 } as RingfenceEvent)
    await turns(2)
    assert.equal(told.at(-1)?.[1], 300 - expected)
    assert.equal(detection.figures.unsaid, 300 - expected)
  }
})

test('more than there is room for is missed, counted, and said once', async () => {
  const { detection, missed } = live('high')
  for (let index = 0; index < 30_000; index++) detection.take(refused())
  assert.deepEqual(missed, [1])
  assert.equal(detection.figures.missed, 10_000)
  assert.equal(detection.figures.waiting, 20_000)
})
