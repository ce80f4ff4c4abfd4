import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import type { EventId, OrganisationId } from '../base/ids.ts'
import { fail, ok } from '../base/result.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { type AlertServiceOptions, createAlertService } from './alert-service.ts'
import type { Facts } from './notice.ts'
import type { AlertMessage, Channel } from './types.ts'

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const FACTS: Facts = { who: 'extension 101 (Front desk)', cost: '4.00 EUR', prevented: undefined }

function suspended(id: string): RingfenceEvent {
  const about = { decision: 'd', rule: 'R', reason: 'because', evidence: {}, payer: '101', callId: undefined, also: [] }
  const envelope = { id: id as EventId, at: 0, severity: 'critical', organisationId: 'o1' as OrganisationId } as const
  return { ...envelope, type: 'fraud.suspended', data: about }
}

function world(more: Partial<AlertServiceOptions> = {}, works = true) {
  const clock = new ManualClock(0)
  const told: AlertMessage[] = []
  const failed: string[] = []
  const sent: string[] = []
  const channel: Channel = {
    name: 'test',
    async send(message) {
      told.push(message)
      return works ? ok(undefined) : fail({ temporary: false, detail: 'no' })
    },
    close() {},
  }
  const service = createAlertService({
    clock,
    channels: [channel],
    facts: async () => FACTS,
    linkFor: () => undefined,
    onSent: (name, { notice }) => sent.push(`${name} ${notice.id}`),
    onFailed: (name, { notice }, _attempts, detail) => failed.push(`${name} ${notice.id} ${detail}`),
    ...more,
  })
  return { clock, told, failed, sent, service }
}

test('an event becomes a message with its figures, and its link is made before anything waits', async () => {
  const order: string[] = []
  const undo = { url: 'https://x/undo/t', until: 1 }
  const { service, told, sent } = world({
    linkFor(event) {
      order.push(`link ${event.id}`)
      return undo
    },
  })
  service.take(suspended('e1'))
  order.push('taken')
  await settle()
  assert.deepEqual(order, ['link e1', 'taken'])
  assert.deepEqual([told[0]?.notice.cost, told[0]?.notice.undo], ['4.00 EUR', undo])
  assert.deepEqual(sent, ['test e1'])
})

test('figures that do not come, or break, cost the figures and not the message', async () => {
  const never = world({ facts: () => new Promise(() => undefined) })
  never.service.take(suspended('e1'))
  await settle()
  assert.equal(never.told.length, 0)
  never.clock.advance(2_000)
  await settle()
  assert.deepEqual([never.told[0]?.notice.who, never.told[0]?.notice.cost], ['101', undefined])
  const broken = world({ facts: () => Promise.reject(new Error('the store is away')) })
  broken.service.take(suspended('e1'))
  await settle()
  assert.equal(broken.told[0]?.notice.who, '101')
})

test('a flood does not wait for figures without bound', async () => {
  let asked = 0
  const { service, told } = world({
    facts() {
      asked++
      return new Promise(() => undefined)
    },
  })
  for (let count = 0; count < 500; count++) service.take(suspended(`e${count}`))
  await settle()
  for (let turn = 0; turn < 450; turn++) await settle()
  assert.equal(asked, 100)
  assert.equal(told.length, 400)
})

test('without a channel nothing is made, and no link either', () => {
  let links = 0
  const { service } = world({
    channels: [],
    linkFor() {
      links++
      return undefined
    },
  })
  service.take(suspended('e1'))
  assert.deepEqual([links, service.pending], [0, 0])
})

test('a test goes past the queue, and says what came of it', async () => {
  const good = world()
  assert.deepEqual(await good.service.test('t1'), [{ channel: 'test', ok: true, detail: '', milliseconds: 0 }])
  assert.equal(good.told[0]?.notice.type, 'alert.test')
  const bad = world({}, false)
  assert.deepEqual(await bad.service.test('t1'), [{ channel: 'test', ok: false, detail: 'no', milliseconds: 0 }])
  assert.deepEqual([good.sent, bad.failed], [[], []])
})

test('what waits at the end is sent', async () => {
  const { service, told, clock } = world()
  service.take(suspended('e1'))
  await service.stop()
  assert.equal(told.length, 1)
  assert.equal(clock.pendingCount, 0)
})

test('what nobody saw to is told to others too, and the first message says where to say so', async () => {
  const second: AlertMessage[] = []
  const escalated: unknown[] = []
  const seen = new Set<string>()
  const duty: Channel = {
    name: 'duty',
    async send(message) {
      second.push(message)
      return ok(undefined)
    },
    close() {},
  }
  const { service, told, clock, sent } = world({
    pageOf: ({ id }) => `https://x/alerts#${id}`,
    escalation: {
      minutes: 15,
      from: 'critical',
      channels: [duty],
      answered: async ids => new Set(ids.filter(id => seen.has(id))),
      onEscalated: ({ id }, others) => escalated.push([id, ...others.map(each => each.id)]),
    },
  })
  for (const id of ['e1', 'e2', 'e3']) service.take(suspended(id))
  await settle()
  assert.deepEqual(
    told.map(each => each.notice.page),
    ['https://x/alerts#e1', 'https://x/alerts#e2', 'https://x/alerts#e3'],
  )
  seen.add('e2')
  clock.advance(15 * 60_000 - 1)
  await settle()
  assert.equal(second.length, 0)
  clock.advance(1)
  await settle()
  assert.deepEqual(escalated, [['e1', 'e3']])
  const [message] = second
  assert.match(message!.notice.title, /^Nobody saw to this: Extension 101/)
  assert.match(message!.notice.happened, /15 minutes ago.*with 1 more/)
  assert.deepEqual(sent.slice(-1), ['duty e1-escalated'])
  clock.advance(60 * 60_000)
  await settle()
  assert.equal(second.length, 1)
  assert.deepEqual(
    (await service.test('t')).map(each => each.channel),
    ['test', 'duty'],
  )
  await service.stop()
  assert.equal(clock.pendingCount, 0)
})
