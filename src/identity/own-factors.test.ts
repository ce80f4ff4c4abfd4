import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  codeAt,
  codeOf,
  got,
  HERE,
  MINUTE,
  ORIGIN,
  owner,
  withPassword,
  world,
} from '../../test/support/people-world.ts'
import { createSoftPasskey } from '../../test/support/soft-passkey.ts'

test('nobody loses their last second factor', async () => {
  const made = world()
  const { identity } = made
  const { asker, signedIn } = await owner(made)
  const factors = got(await identity.factors(signedIn.session))
  assert.equal(codeOf(await identity.removePasskey(signedIn.session, factors.passkeys[0]!.id)), 'PEOPLE_LAST_FACTOR')
  const bob = await withPassword(made, asker)
  const fresh = { ...bob.signedIn.session, steppedUpUntil: Number.MAX_SAFE_INTEGER }
  assert.equal(codeOf(await identity.removePassword(fresh)), 'PEOPLE_LAST_FACTOR')
  const { ceremony, options } = got(await identity.beginAddPasskey(fresh))
  got(
    await identity.addPasskey(fresh, {
      ceremony,
      response: createSoftPasskey().create(options, ORIGIN),
      label: 'Phone',
    }),
  )
  assert.equal(codeOf(await identity.removePassword(fresh)), 'accepted')
  const left = got(await identity.factors(fresh)).passkeys
  assert.equal(codeOf(await identity.removePasskey(fresh, left[0]!.id)), 'PEOPLE_LAST_FACTOR')
})

test('a factor is changed with a fresh second factor only; a passkey or a code makes it fresh, a recovery code does not', async () => {
  const made = world()
  const { identity, clock } = made
  const { signedIn, passkey, asker } = await owner(made)
  clock.advance(5 * MINUTE)
  const stale = (await identity.session(signedIn.token.reveal(), HERE))!
  assert.equal(codeOf(await identity.beginAddPasskey(stale)), 'PEOPLE_STEP_UP_NEEDED')
  assert.equal(codeOf(await identity.newRecoveryCodes(stale)), 'PEOPLE_STEP_UP_NEEDED')
  const step = got(await identity.beginStepUp(stale))
  assert.equal(step.totp, false)
  const { ceremony, options } = step.ceremony!
  const unverified = passkey.get(options, ORIGIN, { unverified: true })
  assert.equal(
    codeOf(await identity.stepUp(stale, { ceremony, response: unverified }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
  )
  const response = passkey.get(options, ORIGIN)
  const stepped = got(await identity.stepUp(stale, { ceremony, response }, HERE))
  assert.equal(
    codeOf(await identity.stepUp(stale, { ceremony, response }, HERE)),
    'PEOPLE_WRONG_CREDENTIALS',
    'replayed',
  )
  const fresh = (await identity.session(stepped.token.reveal(), HERE))!
  assert.equal(codeOf(await identity.beginAddPasskey(fresh)), 'accepted')
  const bob = await withPassword(made, asker)
  const { session } = bob.signedIn
  assert.equal(codeOf(await identity.stepUp(session, { code: bob.codes[1]! }, HERE)), 'PEOPLE_WRONG_CREDENTIALS')
  assert.equal(codeOf(await identity.stepUp(session, { code: codeAt(bob.secret, clock.now()) }, HERE)), 'accepted')
})
