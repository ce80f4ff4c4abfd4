/** Whatever people do to each other, in whatever order: some things stay true. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { askerOf, HERE, MACHINE, ORIGIN, owner, tokenOf, world } from '../../test/support/people-world.ts'
import { createSoftPasskey, type SoftPasskey } from '../../test/support/soft-passkey.ts'
import type { OrganisationId } from '../base/ids.ts'
import { hasSecondFactor } from './context.ts'
import { mayGive, permissionsOf } from './roles.ts'
import { type Asker, type Invitation, PERMISSIONS, ROLES, type SignedIn } from './types.ts'

const ORGANISATIONS = [undefined, 'org-1', 'org-2'] as (OrganisationId | undefined)[]

interface Member {
  readonly passkey: SoftPasskey
  signedIn: SignedIn
}

type World = ReturnType<typeof world>

const MANY_OF = ['invite', 'invite', 'invite', 'invite'] as const

/** `who` asks for something about `whom`; both count around. */
const action = fc.record({
  what: fc.constantFrom(...MANY_OF, 'change', 'suspend', 'restore', 'remove', 'reinvite', 'drop', 'sign-in', 'revoke'),
  who: fc.nat(20),
  whom: fc.nat(20),
  role: fc.constantFrom('owner' as const, 'owner' as const, 'administrator' as const, ...ROLES),
  organisation: fc.constantFrom(...ORGANISATIONS),
})

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

test('the last owner stays, everybody has a second factor, and nobody reaches beyond their organisation or role', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 80 }), async actions => {
      const made = world()
      const first = await owner(made)
      const members: Member[] = [{ passkey: first.passkey, signedIn: first.signedIn }]
      for (const [index, each] of actions.entries()) {
        await act(made, members, each, index)
        await checkAll(made)
      }
    }),
    { numRuns: 100 },
  )
})

async function act({ identity, repository }: World, members: Member[], step: Action, index: number): Promise<void> {
  const actor = members[step.who % members.length]!
  const live = await identity.session(actor.signedIn.token.reveal(), HERE)
  const asker = live === undefined ? undefined : askerOf({ ...actor.signedIn, session: live })
  const all = await repository.people()
  const target = all[step.whom % all.length]!
  const { id } = target.person
  if (step.what === 'sign-in') return signIn({ identity }, actor)
  if (
    asker === undefined ||
    !permissionsOf(asker.role as never, asker.organisationId === undefined).has('people:write')
  )
    return undefined
  const before = JSON.stringify(target)
  const result = await ask({ identity }, step, asker, target.person.id, index)
  if (result.ok && step.what === 'invite') return enrol({ identity }, members, result.value as Invitation)
  const after = await repository.personBy({ id })
  if (JSON.stringify(after) === before) return undefined
  // What was changed was in reach.
  assert.ok(asker.organisationId === undefined || target.person.organisationId === asker.organisationId)
  const ownFactor = step.what === 'drop' && asker.actor.id === id
  assert.ok(ownFactor || mayGive(asker.role, target.person.role))
  if (step.what === 'reinvite' && result.ok) await enrol({ identity }, members, result.value as Invitation)
  return undefined
}

type Identity = Pick<World, 'identity'>

function ask(
  { identity }: Identity,
  step: Action,
  asker: Asker,
  id: Parameters<typeof identity.suspend>[1],
  index: number,
) {
  const { role, organisation: organisationId } = step
  if (step.what === 'invite') {
    const input = { organisationId, email: `p${index}@example.com`, name: 'P', role, extension: '101' }
    return identity.invite(asker, input)
  }
  if (step.what === 'change') return identity.change(asker, id, { role, extension: '102' })
  if (step.what === 'suspend') return identity.suspend(asker, id, 'x')
  if (step.what === 'restore') return identity.restore(asker, id, 'x')
  if (step.what === 'remove') return identity.remove(asker, id)
  if (step.what === 'revoke') return revokeAny({ identity }, asker)
  if (step.what === 'drop') return dropOwn({ identity }, asker)
  return identity.reinvite(asker, id, 'lost')
}

async function revokeAny({ identity }: Identity, asker: Asker) {
  const [first] = await identity.sessions(asker)
  return first === undefined ? ({ ok: true, value: undefined } as const) : identity.revoke(asker, first.id)
}

/** A session as it would be after a step-up: the last factor is not dropped with it either. */
async function dropOwn({ identity }: Identity, asker: Asker) {
  const person = (await identity.person(MACHINE, asker.actor.id as never))!
  const session = { person, origin: HERE, mustEnrol: false, steppedUpUntil: Number.MAX_SAFE_INTEGER, id: 'x' } as never
  const removed = await identity.removePasskey(session, person.factors.passkeys[0]!.id)
  assert.ok(!removed.ok, 'everybody here has one passkey')
  return removed
}

async function signIn({ identity }: Identity, member: Member): Promise<void> {
  const begun = await identity.beginPasskey(HERE)
  assert.ok(begun.ok)
  const { ceremony, options } = begun.value
  const done = await identity.signInPasskey({ ceremony, response: member.passkey.get(options, ORIGIN) }, HERE)
  if (done.ok) member.signedIn = done.value
}

async function enrol({ identity }: Identity, members: Member[], { url }: Invitation): Promise<void> {
  const opened = await identity.openEnrolment(tokenOf(url), HERE)
  if (!opened.ok) return
  const passkey = createSoftPasskey()
  const response = passkey.create(opened.value.passkey, ORIGIN)
  const done = await identity.enrolPasskey({ enrolment: opened.value.enrolment, response, label: '' }, HERE)
  if (done.ok) members.push({ passkey, signedIn: done.value })
}

async function checkAll({ identity, repository }: World): Promise<void> {
  const all = await repository.people()
  const owners = all.filter(({ person }) => person.role === 'owner' && person.organisationId === undefined)
  assert.ok(owners.some(({ person }) => person.state === 'active'))
  for (const each of all) if (each.person.state === 'active') assert.ok(hasSecondFactor(each))
  const byId = new Map(all.map(each => [each.person.id, each.person]))
  for (const session of await repository.sessions()) assert.equal(byId.get(session.personId)?.state, 'active')
  for (const organisationId of ORGANISATIONS.slice(1)) {
    const asker: Asker = { actor: { kind: 'person', name: 'x' }, organisationId, role: 'owner' }
    for (const seen of await identity.people(asker)) assert.equal(seen.organisationId, organisationId)
  }
  assert.equal(await identity.firstOwnerLink(), undefined)
}

test('a role in an organisation has nothing that concerns others, and no role has more than the owner', () => {
  for (const role of ROLES) {
    const [wide, within] = [permissionsOf(role, true), permissionsOf(role, false)]
    for (const permission of within) assert.ok(wide.has(permission))
    for (const permission of wide) assert.ok(permissionsOf('owner', true).has(permission))
    for (const permission of ['firewall:write', 'organisations:write', 'system:write'] as const)
      assert.ok(!within.has(permission))
  }
  assert.deepEqual(permissionsOf('owner', true), new Set(PERMISSIONS))
  assert.deepEqual([...permissionsOf('user', true)], ['own:read', 'own:write'])
  assert.deepEqual(
    ROLES.map(giver => ROLES.filter(role => mayGive(giver, role)).length),
    [6, 5, 0, 0, 0, 0],
  )
  assert.equal(mayGive('administrator', 'owner'), false)
  for (const role of ['auditor', 'security', 'helpdesk'] as const) {
    for (const write of ['trunks:write', 'calling:write', 'fraud:write', 'people:write', 'api-keys:write'] as const)
      assert.ok(!permissionsOf(role, true).has(write), `${role} ${write}`)
  }
})
