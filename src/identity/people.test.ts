import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, got, HERE, MACHINE, ORIGIN, owner, tokenOf, world } from '../../test/support/people-world.ts'
import { createSoftPasskey } from '../../test/support/soft-passkey.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { Asker, Enrolment, Role } from './types.ts'

test('people are seen and changed within their organisation and below their own role only', async () => {
  const made = world()
  const { identity } = made
  const { asker, signedIn } = await owner(made)
  const [one, two] = ['org-1', 'org-2'] as OrganisationId[]
  const admin = (organisationId: OrganisationId | undefined): Asker => ({
    actor: { kind: 'person', name: 'x', id: `id-${organisationId}` },
    organisationId,
    role: 'administrator',
  })
  const invite = (by: Asker, organisationId: OrganisationId | undefined, email: string, role: Role) =>
    identity.invite(by, { organisationId, email, name: 'X', role, extension: '101' })
  const theirs = got(await invite(asker, two, 'theirs@example.com', 'helpdesk')).person
  const ours = got(await invite(admin(one), one, 'ours@example.com', 'helpdesk')).person
  assert.deepEqual(
    (await identity.people(admin(one))).map(each => each.email),
    ['ours@example.com'],
  )
  assert.equal(await identity.person(admin(one), theirs.id), undefined)
  assert.equal(await identity.personByEmail(admin(one), 'theirs@example.com'), undefined)
  for (const outcome of [
    identity.suspend(admin(one), theirs.id, 'x'),
    identity.remove(admin(one), theirs.id),
    identity.reinvite(admin(one), theirs.id, 'x'),
    identity.change(admin(one), theirs.id, { name: 'y' }),
    identity.suspend(admin(one), signedIn.session.person.id, 'x'),
    identity.revoke(admin(one), signedIn.session.id),
  ])
    assert.equal(codeOf(await outcome), 'PEOPLE_UNKNOWN')
  assert.equal(codeOf(await invite(admin(one), two, 'a@example.com', 'helpdesk')), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await invite(admin(one), undefined, 'a@example.com', 'helpdesk')), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await invite(admin(one), one, 'a@example.com', 'owner')), 'PEOPLE_FORBIDDEN')
  assert.equal(codeOf(await identity.change(admin(one), ours.id, { role: 'owner' })), 'PEOPLE_FORBIDDEN')
  const wideOwner = { ...admin(one), organisationId: undefined }
  assert.equal(codeOf(await identity.suspend(wideOwner, signedIn.session.person.id, 'x')), 'PEOPLE_FORBIDDEN')
  assert.deepEqual(await identity.sessions(admin(one)), [])
  assert.equal(codeOf(await invite(admin(one), one, 'OURS@example.com', 'helpdesk')), 'PEOPLE_EXISTS')
})

test('the last owner stays, and a lost device needs another person or the machine', async () => {
  const made = world()
  const { identity, typesOf } = made
  const { asker, signedIn } = await owner(made)
  const { id } = signedIn.session.person
  assert.equal(codeOf(await identity.remove(asker, id)), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.suspend(MACHINE, id, 'x')), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.change(asker, id, { role: 'auditor' })), 'PEOPLE_LAST_OWNER')
  assert.equal(codeOf(await identity.reinvite(asker, id, 'lost')), 'PEOPLE_FORBIDDEN')
  const link = got(await identity.reinvite(MACHINE, id, 'the phone was lost'))
  assert.equal(await identity.session(signedIn.token.reveal(), HERE), undefined)
  assert.equal(typesOf().at(-1), 'people.recovery-started')
  const opened: Enrolment = got(await identity.openEnrolment(tokenOf(link.url), HERE))
  assert.equal(opened.recovery, true)
  const response = createSoftPasskey().create(opened.passkey, ORIGIN)
  const again = got(await identity.enrolPasskey({ enrolment: opened.enrolment, response, label: 'New' }, HERE))
  assert.equal(got(await identity.factors(again.session)).passkeys.length, 1, 'what was lost opens nothing any more')
})
