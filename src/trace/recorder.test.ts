/** Messages are joined to their calls; what is of no call is forgotten, and nothing grows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { parseMessage } from '../sip/message/parse.ts'
import type { SipMessage } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { createTraceRecorder, MAXIMUM_TEXT, RECORDER_LIMITS, type RecorderLimits } from './recorder.ts'
import type { TraceChunk, TracedLeg } from './types.ts'

const FLOW = {
  protocol: 'TLS',
  localAddress: '192.0.2.1',
  localPort: 5061,
  remoteAddress: '198.51.100.7',
  remotePort: 40_000,
} as Flow

function world(limits: Partial<RecorderLimits> = {}) {
  const clock = new ManualClock()
  const taken: TraceChunk[] = []
  const sink = (chunks: readonly TraceChunk[]): void => void taken.push(...chunks)
  const recorder = createTraceRecorder({ clock, sinks: [sink], limits: { ...RECORDER_LIMITS, ...limits } })
  const bytesOf = (callId: string, start: string, cseq: string, more = ''): Buffer =>
    Buffer.from(
      `${start}\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: ${callId}\r\nCSeq: ${cseq}\r\n${more}Content-Length: 0\r\n\r\n`,
      'latin1',
    )
  const receive = (callId: string, method = 'INVITE', more = ''): void => {
    const bytes = bytesOf(callId, `${method} sip:b@h SIP/2.0`, `1 ${method}`, more)
    const parsed = parseMessage(bytesOf(callId, `${method} sip:b@h SIP/2.0`, `1 ${method}`))
    assert.ok(parsed.ok)
    recorder.received(FLOW, bytes, parsed.value as SipMessage)
  }
  const send = (callId: string, status: string): void =>
    recorder.sent(FLOW, bytesOf(callId, `SIP/2.0 ${status}`, '1 INVITE'))
  const lines = (): readonly string[] =>
    taken.flatMap(each => each.messages.map(({ direction, text }) => `${direction} ${text.split('\r\n')[0]}`))
  return { clock, recorder, taken, receive, send, lines }
}

function leg(callId = newId<'CallId'>(1)): TracedLeg {
  return {
    callId,
    legId: newId<'LegId'>(1),
    organisationId: newId<'OrganisationId'>(1),
    direction: 'in',
    number: '101',
  }
}

test('what came before the leg was made is of the leg, too, and stands in order', () => {
  const { clock, recorder, receive, send, lines, taken } = world()
  receive('one')
  send('one', '100 Trying')
  const described = leg()
  recorder.legBegan('one', () => described)
  send('one', '200 OK')
  receive('one', 'ACK')
  assert.deepEqual(
    recorder.waiting(described.callId).map(each => each.messages.length),
    [4],
  )
  clock.advance(1_000)
  assert.deepEqual(lines(), [
    'in INVITE sip:b@h SIP/2.0',
    'out SIP/2.0 100 Trying',
    'out SIP/2.0 200 OK',
    'in ACK sip:b@h SIP/2.0',
  ])
  assert.deepEqual(taken[0]!.leg, described)
  assert.deepEqual(recorder.waiting(described.callId), [])
})

test('a transfer takes what comes afterwards to the other call', () => {
  const { clock, recorder, receive, taken } = world()
  const [before, after] = [leg(), leg()]
  let now = before
  recorder.legBegan('one', () => now)
  receive('one', 'UPDATE')
  clock.advance(1_000)
  now = after
  receive('one', 'BYE')
  clock.advance(1_000)
  assert.deepEqual(
    taken.map(each => each.leg.callId),
    [before.callId, after.callId],
  )
})

test('what is of no call is not handed on, and not kept', () => {
  const { clock, recorder, receive, send, taken } = world({ candidates: 5 })
  for (let index = 0; index < 100; index++) {
    receive(`stranger ${index}`)
    receive(`register ${index}`, 'REGISTER')
    send(`stranger ${index}`, '401 Unauthorized')
  }
  clock.advance(60_000)
  recorder.legBegan('stranger 99', () => leg())
  recorder.flush()
  assert.deepEqual(taken, [])
})

test('the end of a leg is not the end of its messages, but nearly', () => {
  const { clock, recorder, receive, send, lines } = world()
  recorder.legBegan('one', () => leg())
  receive('one', 'BYE')
  recorder.legEnded('one')
  send('one', '200 OK')
  clock.advance(1_000)
  assert.equal(lines().length, 2)
  assert.equal(recorder.counts.legs, 1)
  clock.advance(11_000)
  assert.equal(recorder.counts.legs, 0)
  send('one', '200 OK')
  clock.advance(1_000)
  assert.equal(lines().length, 2)
})

test('a call has so many messages, a second so many, and the system so many legs: what is beyond is counted', () => {
  const { clock, recorder, receive, lines } = world({ messages: 3, rate: 5, legs: 3 })
  recorder.legBegan('one', () => leg())
  for (let index = 0; index < 10; index++) receive('one', 'UPDATE')
  assert.equal(recorder.counts.droppedMessages, 7)
  recorder.legBegan('too busy', () => leg())
  assert.equal(recorder.counts.skippedCalls, 1)
  clock.advance(1_000)
  assert.equal(lines().length, 3)
  for (const name of ['two', 'three', 'four']) recorder.legBegan(name, () => leg())
  assert.deepEqual([recorder.counts.legs, recorder.counts.skippedCalls], [3, 2])
})

test('a long message is cut, octets that are no UTF-8 harm nobody, and secrets are gone', () => {
  const { clock, recorder, receive, taken } = world()
  recorder.legBegan('one', () => leg())
  receive('one', 'INVITE', `Subject: \xff\xfe${'x'.repeat(40_000)}\r\n`)
  receive('one', 'INVITE', 'Authorization: Digest username="a", response="0123456789abcdef"\r\n')
  clock.advance(1_000)
  const [long, short] = taken[0]!.messages
  assert.ok(long!.text.length <= MAXIMUM_TEXT + 1)
  assert.ok(short!.text.includes('Authorization: Digest [removed]'))
  assert.ok(!JSON.stringify(taken).includes('0123456789abcdef'))
})
