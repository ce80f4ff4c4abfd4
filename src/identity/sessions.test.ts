import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ELSEWHERE, got, HERE, MINUTE, owner, withPassword, world } from '../../test/support/people-world.ts'

test('a session ends when idle, after its time, elsewhere, and with the account', async () => {
  const made = world()
  const { identity, clock, typesOf } = made
  const { asker } = await owner(made)
  const enter = async () => {
    const { signedIn } = await withPassword(made, asker, `p${Math.floor(clock.now() / 1000)}@example.com`)
    return { token: signedIn.token.reveal(), id: signedIn.session.person.id }
  }
  const idle = await enter()
  clock.advance(13 * MINUTE)
  assert.notEqual(await identity.session(idle.token, HERE), undefined)
  clock.advance(15 * MINUTE)
  assert.equal(await identity.session(idle.token, HERE), undefined)
  const long = await enter()
  for (let passed = 1; passed < 12 * 60; passed += 10) {
    assert.notEqual(await identity.session(long.token, HERE), undefined, String(passed))
    clock.advance(10 * MINUTE)
  }
  assert.equal(await identity.session(long.token, HERE), undefined)
  for (const origin of [ELSEWHERE, { ...HERE, userAgent: 'curl/8.0' }, { ...HERE, host: 'other.example.com' }]) {
    const stolen = await enter()
    assert.equal(await identity.session(stolen.token, origin), undefined)
    assert.equal(await identity.session(stolen.token, HERE), undefined, 'it is over for everybody')
    assert.equal(typesOf().at(-1), 'people.session-refused')
  }
  const updated = await enter()
  assert.notEqual(await identity.session(updated.token, { ...HERE, userAgent: 'Mozilla/5.0 Firefox/141.2' }), undefined)
  assert.notEqual(await identity.session(updated.token, { ...HERE, address: '192.0.2.200' }), undefined)
  got(await identity.suspend(asker, updated.id, 'left'))
  assert.equal(await identity.session(updated.token, HERE), undefined)
  for (const token of ['', 'x', 'A'.repeat(43), `${updated.token}x`])
    assert.equal(await identity.session(token, HERE), undefined)
})

test('a page that is only left open keeps no session from being idle', async () => {
  const made = world()
  const { identity, clock } = made
  const { signedIn } = await withPassword(made, (await owner(made)).asker, 'away@example.com')
  const token = signedIn.token.reveal()
  for (let passed = 0; passed < 14; passed++) {
    assert.notEqual(await identity.session(token, HERE, true), undefined, String(passed))
    clock.advance(MINUTE)
  }
  clock.advance(MINUTE)
  assert.equal(await identity.session(token, HERE, true), undefined)
})
