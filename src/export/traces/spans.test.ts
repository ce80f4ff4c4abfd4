import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventPayloads, EventType, RingfenceEvent } from '../../events/catalogue.ts'
import { type Span, spansOf } from './spans.ts'

const CALL = '019ac3b2-1c55-7b1e-9d0e-3f6f5a1b2c3d'
const SECRET = /101|102|\+4930|198\.51|front desk|ada@example/i

let ids = 0
const newSpanId = (): string => String(++ids).padStart(16, '0')

function event<T extends EventType>(type: T, at: number, data: Omit<EventPayloads[T], 'callId'>): RingfenceEvent {
  return { id: `e${at}`, at, severity: 'info', organisationId: 'o1', type, data: { callId: CALL, ...data } } as never
}

const leg = (number: string) => ({
  number,
  username: 'front desk',
  signalling: 'TLS',
  tls: 'TLSv1.3',
  media: 'AEAD_AES_256_GCM',
  codec: 'opus',
})
const quality = { packets: 500, lost: 2, jitterMs: 1.5, roundTripMs: undefined, mos: 4.2 }

const ANSWERED = [
  event('caller-identity.verified', 900, { outcome: 'passed', attestation: 'A', detail: '+4930123' }),
  event('call.started', 1_000, { from: '101', to: '+4930123', caller: leg('101') }),
  event('call.ringing', 1_100, { devices: 2 }),
  event('trunk.failed-over', 1_150, { trunk: 'front desk', reason: '198.51.100.1 503', next: undefined }),
  event('call.answered', 2_000, { from: '101', to: '102', caller: leg('101'), callee: leg('102'), setupMs: 1_000 }),
  event('call.held', 3_000, { by: 'caller', held: true }),
  event('call.held', 3_200, { by: 'callee', held: true }),
  event('call.held', 3_500, { by: 'caller', held: false }),
  event('call.held', 4_000, { by: 'callee', held: false }),
  event('call.held', 5_000, { by: 'caller', held: true }),
  event('call.quality', 5_500, { caller: quality, callee: quality }),
  event('call.ended', 6_000, {
    from: '101',
    to: '102',
    side: 'caller',
    cause: 'normal',
    sipCode: 200,
    durationMs: 4_000,
    caller: leg('101'),
    callee: leg('102'),
    callerQuality: quality,
    calleeQuality: undefined,
  }),
]

const times = ({ startTimeUnixNano, endTimeUnixNano }: Span) =>
  [startTimeUnixNano, endTimeUnixNano].map(each => Number(each.slice(0, -6)))

test('a call that was answered: its whole, setup, ringing, talk and holds, one below the other', () => {
  const spans = spansOf(CALL, ANSWERED, newSpanId)
  assert.deepEqual(
    spans.map(each => [each.name, ...times(each)]),
    [
      ['call', 1_000, 6_000],
      ['call setup', 1_000, 2_000],
      ['ringing', 1_100, 2_000],
      ['talk', 2_000, 6_000],
      ['hold', 3_000, 4_000],
      ['hold', 5_000, 6_000],
    ],
  )
  const [root, ...parts] = spans
  assert.deepEqual(new Set(spans.map(each => each.traceId)), new Set([CALL.replaceAll('-', '')]))
  assert.equal(root!.parentSpanId, undefined)
  assert.ok(parts.every(each => each.parentSpanId === root!.spanId))
  assert.equal(new Set(spans.map(each => each.spanId)).size, spans.length)
  assert.deepEqual(root!.status, { code: 1 })
  assert.deepEqual(
    root!.events.map(each => each.name),
    ['caller-identity.verified', 'trunk.failed-over'],
  )
  const told = JSON.stringify(root!.attributes)
  assert.match(told, /"ringfence\.caller\.media","value":\{"stringValue":"AEAD_AES_256_GCM"\}/)
  assert.match(JSON.stringify(parts[2]!.attributes), /"ringfence\.caller\.mos","value":\{"doubleValue":4\.2\}/)
})

test('no number, name or address of anybody is in it', () => {
  const spans = spansOf(CALL, ANSWERED, newSpanId).map(({ spanId: _, parentSpanId: __, ...each }) => each)
  const text = JSON.stringify(spans).replaceAll(CALL, '').replaceAll(CALL.replaceAll('-', ''), '')
  assert.doesNotMatch(text.replaceAll(/UnixNano":"\d+"/g, ''), SECRET)
})

test('a call that was refused is an error with its rule; one that is not over is nothing', () => {
  const refusal = { from: '101', to: '102', sipCode: 403, rule: 'FRAUD_BURST', reason: 'x' }
  const [root] = spansOf(CALL, [event('call.refused', 1_000, refusal)], newSpanId)
  assert.deepEqual(root!.status, { code: 2, message: '403 FRAUD_BURST' })
  assert.deepEqual(times(root!), [1_000, 1_000])
  assert.deepEqual(spansOf(CALL, ANSWERED.slice(0, 4), newSpanId), [])
  assert.deepEqual(spansOf('not-an-id', ANSWERED, newSpanId), [])
})
