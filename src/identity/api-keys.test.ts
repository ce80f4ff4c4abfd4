import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, ELSEWHERE, got, HERE, MINUTE, owner, world } from '../../test/support/people-world.ts'

test('a key does what its scopes say, from its networks, until it ends; and is never more than its maker', async () => {
  const made = world()
  const { identity, clock } = made
  const { asker, signedIn } = await owner(made)
  const { permissions } = signedIn.session
  const input = {
    organisationId: undefined,
    name: 'monitoring',
    scopes: ['status:read'] as const,
    networks: ['192.0.2.0/24'],
    expiresAt: clock.now() + 60 * MINUTE,
  }
  const { key, secret } = got(await identity.addApiKey(asker, permissions, input))
  assert.doesNotMatch(JSON.stringify([key, secret, made.events]), new RegExp(secret.reveal().slice(-20)))
  assert.deepEqual((await identity.apiKey(secret.reveal(), HERE))?.scopes, ['status:read'])
  assert.equal(await identity.apiKey(secret.reveal(), ELSEWHERE), undefined)
  assert.equal(
    await identity.apiKey(`${secret.reveal().slice(0, -1)}${secret.reveal().endsWith('A') ? 'B' : 'A'}`, HERE),
    undefined,
  )
  const refused = [
    { scopes: ['people:write'] as const },
    { scopes: [] },
    { networks: ['nowhere'] },
    { expiresAt: clock.now() },
    { expiresAt: clock.now() + 400 * 86_400_000 },
    { name: '' },
  ]
  for (const difference of refused)
    assert.notEqual(codeOf(await identity.addApiKey(asker, permissions, { ...input, ...difference })), 'accepted')
  assert.equal(codeOf(await identity.addApiKey(asker, new Set(['own:read']), input)), 'PEOPLE_FORBIDDEN')
  clock.advance(60 * MINUTE)
  assert.equal(await identity.apiKey(secret.reveal(), HERE), undefined)
  got(await identity.removeApiKey(asker, key.id))
  assert.deepEqual(await identity.apiKeys(asker), [])
})
