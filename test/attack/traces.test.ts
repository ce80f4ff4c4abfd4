/** The ladder of a real call: every message of both legs, and nothing in it by which anybody could get in or listen. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { eventually } from '../support/places.ts'

let system: Ringfence

before(async () => {
  system = await startRingfence({ name: 'traces' })
  for (const number of ['101', '102']) await system.addExtension(number)
})
after(() => system.stop())

test('a call between two phones: its messages in order, without passwords, answers to challenges and keys', {
  timeout: 60_000,
}, async () => {
  const called = await system.run('testcall', '101', '102')
  assert.equal(called.code, 0, called.output)
  const operations = await system.operations()
  const ended = await eventually(
    async () => accepted(await operations.callsPast({ limit: 10 })).find(each => each.endedAt !== undefined),
    10_000,
    'the record',
  )
  // The answers to BYE come after the record, the trace within a second.
  const { legs, messages } = await eventually(
    async () => {
      const trace = accepted(await operations.callMessages({ id: ended.id }))
      return trace.messages.filter(each => each.line.startsWith('BYE ')).length === 2 ? trace : undefined
    },
    10_000,
    'both BYE',
  )
  assert.deepEqual(
    legs.map(({ direction, number }) => [direction, number]),
    [
      ['in', '101'],
      ['out', '102'],
    ],
  )
  const [caller, callee] = legs
  const of = (leg: string | undefined): readonly string[] =>
    messages.filter(each => each.leg === leg).map(({ direction, line }) => `${direction} ${line.split(' ')[0]}`)
  assert.deepEqual(of(caller?.id).slice(0, 4), ['in INVITE', 'out SIP/2.0', 'in ACK', 'in INVITE'])
  assert.deepEqual(of(callee?.id).slice(0, 1), ['out INVITE'])
  const text = messages.map(each => each.text).join('\n')
  const shown = await system.run('calls', 'trace', ended.id)
  assert.match(shown.output, /--- INVITE sip:102@\S+ -->/)
  assert.match(shown.output, /<-- 200 OK ---/)
  assert.match(text, /Digest \[removed\]/)
  assert.match(text, /a=crypto:\d+ \S+ inline:\[removed\]/)
  assert.doesNotMatch(text, /response=|cnonce=|inline:[^[]|a=crypto:\d+ \S+ (?!inline:\[removed\])/)
})

test('a call that there is not has no messages, and neither has one without an id', { timeout: 30_000 }, async () => {
  const operations = await system.operations()
  const answer = await operations.callMessages({ id: '00000000-0000-7000-8000-000000000000' })
  assert.equal(!answer.ok && answer.error.code, 'CALL_UNKNOWN')
})
