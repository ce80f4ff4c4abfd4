/** RFC 6026 §7.1: what is left of an INVITE once its 2xx was acknowledged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeFlow } from '../../src/sip/transport/fake-transport.ts'
import { answer, assertNothingLeft, request, scenario } from './scenario.ts'

test('over a reliable transport nothing: no retransmission of the INVITE can come', () => {
  const scene = scenario({ flow: fakeFlow('TLS') })
  const transaction = scene.arrive(request())
  transaction.confirmed()
  assert.equal(scene.layer.size, 1, 'not before it was answered')
  transaction.respond(answer(transaction, 200))
  assert.equal(transaction.respond(answer(transaction, 200)), true, 'repeated until the ACK')
  assert.equal(scene.layer.size, 1)
  transaction.confirmed()
  assertNothingLeft(scene)
  assert.equal(transaction.respond(answer(transaction, 200)), false)
})

test('over UDP it absorbs the retransmissions of the INVITE until Timer L, without a word', () => {
  const scene = scenario({ flow: fakeFlow('UDP') })
  const invite = request()
  const transaction = scene.arrive(invite)
  transaction.respond(answer(transaction, 200))
  transaction.confirmed()
  assert.deepEqual(scene.statuses(), [200])
  scene.clock.advance(31_999)
  scene.receive(invite)
  assert.equal(scene.heard.requests.length, 1)
  assert.deepEqual(scene.statuses(), [])
  scene.clock.advance(1)
  assertNothingLeft(scene)
})
