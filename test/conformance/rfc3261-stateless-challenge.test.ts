/** RFC 3261 §8.2.7: challenges are answered as a stateless UAS does, so nobody unauthenticated makes the layer keep anything. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { createAuthenticator } from '../../src/sip/auth/authenticator.ts'
import { buildResponse } from '../../src/sip/message/build.ts'
import { fakeFlow } from '../../src/sip/transport/fake-transport.ts'
import { answer, assertNothingLeft, request, scenario } from './scenario.ts'

for (const method of ['REGISTER', 'INVITE', 'OPTIONS']) {
  for (const protocol of ['UDP', 'TLS'] as const) {
    test(`${method} over ${protocol}: a challenge leaves nothing behind, and a retransmission is challenged again`, () => {
      const status = method === 'REGISTER' ? 401 : 407
      const scene = scenario({ flow: fakeFlow(protocol) })
      const asked = request({ method })
      scene.arrive(asked).respond(answer(scene.heard.requests[0]!, status))
      assertNothingLeft(scene)
      scene.arrive(asked).respond(answer(scene.heard.requests[1]!, status))
      assertNothingLeft(scene)
      assert.deepEqual(scene.statuses(), [status, status])
      scene.clock.advance(64_000)
      assert.deepEqual(scene.statuses(), [], '"MUST NOT retransmit responses"')
    })
  }
}

test('"MUST ignore ACK requests": the ACK for a challenge is nobody\'s, and no answer to it is sent', () => {
  const scene = scenario({ flow: fakeFlow('UDP') })
  const invite = request({ branch: 'z9hG4bK-one' })
  scene.arrive(invite).respond(answer(scene.heard.requests[0]!, 407))
  scene.receive(request({ method: 'ACK', branch: 'z9hG4bK-one', toTag: 'bob-tag' }))
  assert.deepEqual(scene.statuses(), [407])
  assertNothingLeft(scene)
})

test('an INVITE that was told 100 or 180 before is challenged as the state machine says: until its ACK', () => {
  const scene = scenario({ flow: fakeFlow('UDP') })
  const transaction = scene.arrive(request())
  transaction.respond(buildResponse(transaction.request, 100))
  transaction.respond(answer(transaction, 407))
  assert.equal(scene.layer.size, 1)
  scene.clock.advance(500)
  assert.deepEqual(scene.statuses(), [100, 407, 407])
})

test('"the same tag for the same request consistently": one request, one tag; another request, another', () => {
  const authenticator = createAuthenticator({ clock: new ManualClock(), nonceKey: Buffer.alloc(16, 1) })
  const parts = { method: 'REGISTER', branch: 'z9hG4bK-same' }
  const tag = authenticator.challengeTag(request(parts))
  assert.match(tag, /^[\w-]{12}$/)
  assert.equal(authenticator.challengeTag(request(parts)), tag)
  for (const other of [{ callId: 'other' }, { cseq: 2 }, { fromTag: 'other' }, { branch: 'z9hG4bK-other' }]) {
    assert.notEqual(authenticator.challengeTag(request({ ...parts, ...other })), tag)
  }
  const elsewhere = createAuthenticator({ clock: new ManualClock(), nonceKey: Buffer.alloc(16, 2) })
  assert.notEqual(elsewhere.challengeTag(request(parts)), tag, 'nobody else can tell it')
})

for (const method of ['INVITE', 'OPTIONS']) {
  test(`${method}: what a stranger is answered is sent once and forgotten, and its retransmission answered anew`, () => {
    const scene = scenario({ flow: fakeFlow('UDP') })
    const asked = request({ method })
    for (let time = 0; time < 2; time++) {
      scene.arrive(asked).respondOnce(answer(scene.heard.requests[time]!, 420))
      assertNothingLeft(scene)
    }
    scene.clock.advance(64_000)
    assert.deepEqual(scene.statuses(), [420, 420])
  })
}
