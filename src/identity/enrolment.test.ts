import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  codeOf,
  got,
  HERE,
  MACHINE,
  MINUTE,
  ORIGIN,
  owner,
  tokenOf,
  TRICKS,
  world,
} from '../../test/support/people-world.ts'
import { createSoftPasskey } from '../../test/support/soft-passkey.ts'

test('the first owner enrols by a link that works once, and then there is no first link any more', async () => {
  const made = world()
  const { identity } = made
  const link = await identity.firstOwnerLink()
  assert.match(link!.url, /^https:\/\/phones\.example\.com:8443\/enrol#[\w-]{43}$/)
  const early = got(await identity.openEnrolment(tokenOf(link!.url), HERE))
  assert.equal(early.needsName, true)
  const nameless = createSoftPasskey().create(early.passkey, ORIGIN)
  assert.equal(
    codeOf(await identity.enrolPasskey({ enrolment: early.enrolment, response: nameless, label: '' }, HERE)),
    'PEOPLE_INVALID',
  )
  const { signedIn } = await owner(made)
  assert.deepEqual([signedIn.session.person.email, signedIn.session.person.role], ['ada@example.com', 'owner'])
  assert.equal(await identity.firstOwnerLink(), undefined)
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(link!.url), HERE)), 'PEOPLE_EXPIRED')
  assert.equal((await identity.session(signedIn.token.reveal(), HERE))?.person.name, 'Ada')
})

test('a link is over after its time, and a new one voids the old one', async () => {
  const { identity, clock } = world()
  const first = await identity.firstOwnerLink()
  const second = await identity.firstOwnerLink()
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(first!.url), HERE)), 'PEOPLE_EXPIRED')
  clock.advance(15 * MINUTE)
  assert.equal(codeOf(await identity.openEnrolment(tokenOf(second!.url), HERE)), 'PEOPLE_EXPIRED')
})

test('a passkey that was not made as asked enrols nobody', async () => {
  for (const [name, tricks] of Object.entries(TRICKS)) {
    const { identity } = world()
    const link = await identity.firstOwnerLink()
    const who = { email: 'ada@example.com', name: 'Ada' }
    const { enrolment, passkey } = got(await identity.openEnrolment(tokenOf(link!.url), HERE, who))
    const response = createSoftPasskey().create(passkey, ORIGIN, tricks)
    assert.equal(
      codeOf(await identity.enrolPasskey({ enrolment, response, label: '' }, HERE)),
      'PEOPLE_WRONG_CREDENTIALS',
      name,
    )
    assert.deepEqual(
      (await identity.people(MACHINE)).map(each => each.state),
      ['invited'],
    )
  }
})
