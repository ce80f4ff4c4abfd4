/** Who there is and what they may do, as those see and change it who may. Whom somebody cannot see does not exist for them. */
import type { OrganisationId, PersonId, SessionId } from '../base/ids.ts'
import { newId } from '../base/ids.ts'
import { randomToken } from '../base/random.ts'
import { ok, type Result } from '../base/result.ts'
import type { FieldChange } from '../events/outside-events.ts'
import { changePerson, hashOf, type IdentityContext, refuse, signInAccount } from './context.ts'
import { checkEmail, checkName, FIRST_OWNER } from './first-owner.ts'
import { factorsView } from './own-factors.ts'
import type { ListedPerson, StoredPerson } from './repository.ts'
import { mayGive } from './roles.ts'
import { type Sessions, sessionView } from './sessions.ts'
import {
  type Asker,
  type Identity,
  type IdentityRefusal,
  type Invitation,
  type NewPerson,
  type Outcome,
  type Person,
  type PersonChange,
  type PersonView,
  ROLES,
} from './types.ts'

type PeoplePart = Pick<
  Identity,
  | 'firstOwnerLink'
  | 'people'
  | 'person'
  | 'personByEmail'
  | 'invite'
  | 'change'
  | 'reinvite'
  | 'suspend'
  | 'restore'
  | 'remove'
  | 'sessions'
  | 'revoke'
>

const FIRST_OWNER_MS = 15 * 60_000
const INVITATION_MS = 24 * 3_600_000
const MAXIMUM_PEOPLE = 100_000
const UNKNOWN = 'there is no such person'
const LAST_OWNER = 'nobody would be left who may do everything: make somebody else an owner first'

export function createPeople(context: IdentityContext, sessions: Sessions): PeoplePart {
  const { repository } = context
  return {
    firstOwnerLink: () => context.serially(() => firstOwnerLink(context)),
    async people(asker) {
      const [all, open] = await Promise.all([repository.people(within(asker)), repository.sessions()])
      const counts = Map.groupBy(open, each => each.personId)
      return all.filter(each => sees(asker, each)).map(each => personView(each, counts.get(each.person.id) ?? []))
    },
    async person(asker, id) {
      const found = await repository.personBy({ id })
      return found === undefined || !sees(asker, found) ? undefined : personView(found, await repository.sessions(id))
    },
    async personByEmail(asker, email) {
      const found = await repository.personBy({ email: email.trim().toLowerCase() })
      if (found === undefined || !sees(asker, found)) return undefined
      return personView(found, await repository.sessions(found.person.id))
    },
    invite: (asker, input) => context.serially(() => invite(context, asker, input)),
    change: (asker, id, change) => context.serially(() => changeOf(context, sessions, asker, id, change)),
    reinvite: (asker, id, reason) => context.serially(() => reinvite(context, sessions, asker, id, reason)),
    suspend: (asker, id, reason) => context.serially(() => setState(context, sessions, asker, id, 'suspended', reason)),
    restore: (asker, id, reason) => context.serially(() => setState(context, sessions, asker, id, 'active', reason)),
    remove: (asker, id) => context.serially(() => remove(context, sessions, asker, id)),
    async sessions(asker, personId) {
      const visible = new Set(
        (await repository.people(within(asker))).filter(each => sees(asker, each)).map(each => each.person.id),
      )
      const all = await repository.sessions(personId)
      return all.filter(each => visible.has(each.personId)).map(sessionView)
    },
    revoke: (asker, id) => revoke(context, sessions, asker, id),
  }
}

function sees({ role, organisationId }: Asker, { person }: ListedPerson): boolean {
  return role === 'machine' || organisationId === undefined || person.organisationId === organisationId
}

/** Whom to read at all; `sees` decides. */
function within({ role, organisationId }: Asker): { readonly organisationId?: OrganisationId | undefined } {
  return role === 'machine' ? {} : { organisationId }
}

/** `sessions`: those of this person. */
function personView(stored: ListedPerson, sessions: readonly unknown[]): PersonView {
  return { ...stored.person, factors: factorsView(stored), sessions: sessions.length }
}

/** Undefined once somebody is an owner who could sign in. */
async function firstOwnerLink(context: IdentityContext): Promise<Invitation | undefined> {
  const { repository, clock } = context
  const owners = await repository.people({ role: 'owner' })
  if (owners.some(({ person }) => person.state !== 'invited')) return undefined
  const now = clock.now()
  const waiting = owners.find(({ person }) => person.organisationId === undefined)
  if (waiting !== undefined) return linkFor(context, waiting.person.id, { lifetimeMs: FIRST_OWNER_MS, first: true })
  const person: Person = {
    id: newId<'PersonId'>(now),
    organisationId: undefined,
    email: FIRST_OWNER,
    name: 'Owner',
    role: 'owner',
    extension: undefined,
    state: 'invited',
    createdAt: now,
    lastSignInAt: undefined,
  }
  await repository.insertPerson(emptyPerson(person))
  return linkFor(context, person.id, { lifetimeMs: FIRST_OWNER_MS, first: true })
}

function emptyPerson(person: Person): StoredPerson {
  const none = { password: undefined, totp: undefined, invitation: undefined }
  return { person, version: 1, passkeys: [], recoveryCodes: [], subjects: [], networks: [], ...none }
}

/** The one before it is void. */
async function linkFor(
  context: IdentityContext,
  id: PersonId,
  {
    lifetimeMs,
    recovery = false,
    first = false,
  }: { readonly lifetimeMs: number; readonly recovery?: boolean; readonly first?: boolean },
): Promise<Invitation> {
  const token = randomToken(32)
  const expiresAt = context.clock.now() + lifetimeMs
  const changed = await changePerson(context, id, stored =>
    ok({ ...stored, invitation: { hash: hashOf(token), expiresAt, recovery, first } }),
  )
  if (!changed.ok) throw new Error(changed.error.message)
  return { person: changed.value.person, url: `${context.baseUrl()}/enrol#${token}`, expiresAt }
}

async function invite(context: IdentityContext, asker: Asker, input: NewPerson): Outcome<Invitation> {
  const { repository, clock, events } = context
  const checked = checkNew(asker, input)
  if (!checked.ok) return checked
  if ((await repository.countPeople()) >= MAXIMUM_PEOPLE) {
    return refuse('PEOPLE_INVALID', `there are ${MAXIMUM_PEOPLE} people already`)
  }
  const now = clock.now()
  const person: Person = {
    ...checked.value,
    id: newId<'PersonId'>(now),
    state: 'invited',
    createdAt: now,
    lastSignInAt: undefined,
  }
  if (!(await repository.insertPerson(emptyPerson(person)))) {
    return refuse('PEOPLE_EXISTS', 'somebody has this e-mail address already', { field: 'email' })
  }
  const invitation = await linkFor(context, person.id, { lifetimeMs: INVITATION_MS })
  const scope = person.organisationId ?? 'installation'
  const payload = {
    actor: asker.actor,
    person: person.email,
    role: person.role,
    scope,
    expiresAt: invitation.expiresAt,
  }
  events.publish('people.invited', payload, person.organisationId)
  return ok(invitation)
}

function checkNew(
  asker: Asker,
  input: NewPerson,
): Result<Omit<Person, 'id' | 'state' | 'createdAt' | 'lastSignInAt'>, IdentityRefusal> {
  const email = input.email.trim().toLowerCase()
  const name = input.name.trim()
  const invalid =
    checkEmail(email) ?? checkName(name) ?? checkRole(asker, input.role) ?? checkExtension(input.role, input.extension)
  if (invalid !== undefined) return invalid
  if (asker.role !== 'machine' && asker.organisationId !== undefined && input.organisationId !== asker.organisationId) {
    return refuse('PEOPLE_FORBIDDEN', 'you can invite people to your own organisation only', {
      field: 'organisationId',
    })
  }
  return ok({ organisationId: input.organisationId, email, name, role: input.role, extension: input.extension })
}

function checkRole(asker: Asker, role: Person['role']) {
  if (!ROLES.includes(role)) return refuse('PEOPLE_INVALID', `a role is one of ${ROLES.join(', ')}`, { field: 'role' })
  if (mayGive(asker.role, role)) return undefined
  return refuse('PEOPLE_FORBIDDEN', `only an owner makes somebody ${role === 'owner' ? 'an owner' : role}`, {
    field: 'role',
  })
}

function checkExtension(role: Person['role'], extension: string | undefined) {
  if (extension === undefined || /^[A-Za-z0-9._-]{1,32}$/.test(extension)) {
    if (role !== 'user' || extension !== undefined) return undefined
    return refuse('PEOPLE_INVALID', 'a user is invited to an extension of their own: name its number', {
      field: 'extension',
    })
  }
  return refuse('PEOPLE_INVALID', 'this is no extension number such as 101', { field: 'extension' })
}

/** The person, if the asker may change them: whoever has more than oneself is out of reach. */
async function reach(
  { repository }: IdentityContext,
  asker: Asker,
  id: PersonId,
): Promise<Result<StoredPerson, IdentityRefusal>> {
  const found = await repository.personBy({ id })
  if (found === undefined || !sees(asker, found)) return refuse('PEOPLE_UNKNOWN', UNKNOWN)
  const above = !mayGive(asker.role, found.person.role)
  const wider =
    asker.role !== 'machine' && asker.organisationId !== undefined && found.person.organisationId === undefined
  if (above || wider) return refuse('PEOPLE_FORBIDDEN', `only an owner changes an ${found.person.role}`)
  return ok(found)
}

async function changeOf(
  context: IdentityContext,
  sessions: Sessions,
  asker: Asker,
  id: PersonId,
  change: PersonChange,
): Outcome<PersonView> {
  const found = await reach(context, asker, id)
  if (!found.ok) return found
  const before = found.value.person
  const extension = change.extension === undefined ? before.extension : (change.extension ?? undefined)
  const after: Person = {
    ...before,
    name: change.name?.trim() ?? before.name,
    role: change.role ?? before.role,
    extension,
  }
  const invalid = checkName(after.name) ?? checkRole(asker, after.role) ?? checkExtension(after.role, after.extension)
  if (invalid !== undefined) return invalid
  if (before.role === 'owner' && after.role !== 'owner' && (await isLastOwner(context, before))) {
    return refuse('PEOPLE_LAST_OWNER', LAST_OWNER, { field: 'role' })
  }
  const changed: FieldChange[] = (['name', 'role', 'extension'] as const)
    .filter(field => before[field] !== after[field])
    .map(field => ({ field, before: before[field] ?? '-', after: after[field] ?? '-' }))
  if (changed.length === 0) return ok(personView(found.value, await context.repository.sessions(id)))
  const kept = await changePerson(context, id, stored =>
    ok({ ...stored, person: { ...stored.person, name: after.name, role: after.role, extension: after.extension } }),
  )
  if (!kept.ok) return kept
  // Rights that a session was given do not outlive the role.
  if (before.role !== after.role) await sessions.endAll(id)
  sessions.forget()
  context.events.publish('people.changed', { actor: asker.actor, person: before.email, changed }, before.organisationId)
  return ok(personView(kept.value, await context.repository.sessions(id)))
}

/** Of the installation for owners of it; of an organisation for its own, where the installation has none who could help. */
async function isLastOwner({ repository }: IdentityContext, { id, organisationId }: Person): Promise<boolean> {
  const others = (await repository.people({ role: 'owner' })).filter(each => each.person.id !== id)
  return !others.some(
    ({ person }) =>
      person.state === 'active' && (person.organisationId === undefined || person.organisationId === organisationId),
  )
}

async function reinvite(
  context: IdentityContext,
  sessions: Sessions,
  asker: Asker,
  id: PersonId,
  reason: string,
): Outcome<Invitation> {
  const found = await reach(context, asker, id)
  if (!found.ok) return found
  const { person } = found.value
  if (person.state === 'suspended') return refuse('PEOPLE_INVALID', 'the account is suspended: restore it first')
  // Alone nobody gets around their own second factor: that takes another person, or the machine itself.
  if (asker.actor.id === id) return refuse('PEOPLE_FORBIDDEN', 'a new link for yourself has to come from somebody else')
  const recovery = person.state === 'active'
  const invitation = await linkFor(context, id, { lifetimeMs: INVITATION_MS, recovery })
  if (recovery) await sessions.endAll(id)
  sessions.forget()
  context.attempts.forget(signInAccount(person.email))
  const { actor } = asker
  const { expiresAt } = invitation
  if (recovery) {
    context.events.publish(
      'people.recovery-started',
      { actor, person: person.email, reason, expiresAt },
      person.organisationId,
    )
  } else {
    const payload = {
      actor,
      person: person.email,
      role: person.role,
      scope: person.organisationId ?? 'installation',
      expiresAt,
    }
    context.events.publish('people.invited', payload, person.organisationId)
  }
  return ok(invitation)
}

async function setState(
  context: IdentityContext,
  sessions: Sessions,
  asker: Asker,
  id: PersonId,
  state: 'active' | 'suspended',
  reason: string,
): Outcome<PersonView> {
  const found = await reach(context, asker, id)
  if (!found.ok) return found
  const { person } = found.value
  if ((person.state === 'suspended') === (state === 'suspended')) {
    return ok(personView(found.value, await context.repository.sessions(id)))
  }
  if (state === 'suspended' && person.role === 'owner' && (await isLastOwner(context, person))) {
    return refuse('PEOPLE_LAST_OWNER', LAST_OWNER)
  }
  const kept = await changePerson(context, id, stored => {
    const enrolled = stored.passkeys.length > 0 || stored.totp !== undefined
    const next = state === 'suspended' ? state : enrolled ? 'active' : 'invited'
    return ok({ ...stored, person: { ...stored.person, state: next } })
  })
  if (!kept.ok) return kept
  if (state === 'suspended') await sessions.endAll(id)
  sessions.forget()
  const type = state === 'suspended' ? 'people.suspended' : 'people.restored'
  context.events.publish(type, { actor: asker.actor, person: person.email, reason }, person.organisationId)
  return ok(personView(kept.value, await context.repository.sessions(id)))
}

async function remove(context: IdentityContext, sessions: Sessions, asker: Asker, id: PersonId): Outcome<void> {
  const found = await reach(context, asker, id)
  if (!found.ok) return found
  const { person } = found.value
  if (person.role === 'owner' && person.state === 'active' && (await isLastOwner(context, person))) {
    return refuse('PEOPLE_LAST_OWNER', LAST_OWNER)
  }
  await context.repository.deletePerson(id)
  sessions.forget()
  context.events.publish('people.removed', { actor: asker.actor, person: person.email }, person.organisationId)
  return ok(undefined)
}

async function revoke(context: IdentityContext, sessions: Sessions, asker: Asker, id: SessionId): Outcome<void> {
  const { repository, events } = context
  const session = await repository.session(id)
  const owner = session === undefined ? undefined : await repository.personBy({ id: session.personId })
  const own = session?.personId === asker.actor.id
  if (session === undefined || owner === undefined || !(own || sees(asker, owner))) {
    return refuse('PEOPLE_UNKNOWN', 'there is no such session')
  }
  if (!own && !mayGive(asker.role, owner.person.role))
    return refuse('PEOPLE_FORBIDDEN', 'only an owner ends a session of an owner')
  await repository.deleteSession(id)
  sessions.forget()
  const why = own ? 'ended by themselves' : `ended by ${asker.actor.name}`
  events.publish(
    'people.signed-out',
    { actor: asker.actor, person: owner.person.email, why },
    owner.person.organisationId,
  )
  return ok(undefined)
}
