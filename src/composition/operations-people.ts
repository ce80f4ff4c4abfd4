/** What the operator at the machine does with people, keys of programs and organisations. */
import type { OperationResult } from '../api/operations.ts'
import type {
  InvitationView,
  OrganisationView,
  PeopleOperations,
  PersonRow,
  SessionRow,
} from '../api/people-operations.ts'
import type { PersonId, SessionId } from '../base/ids.ts'
import type { Organisation } from '../directory/types.ts'
import type { Invitation, PersonView } from '../identity/types.ts'
import { apiKeyOperations } from './operations-api-keys.ts'
import {
  came,
  domainOf,
  type Machine,
  machineOf,
  notAtTheMachine,
  organisationOf,
  withoutIdentity,
} from './operations-people-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, change, done, refused } from './operations-result.ts'

export function peopleOperations(options: OperationsOptions): PeopleOperations {
  const machine = machineOf(options)
  return {
    ...(machine === undefined ? withoutPeople(options) : { ...people(options, machine), ...sessionsOf(machine) }),
    ...apiKeyOperations(options, machine),
    organisationList: () => attempt(() => organisations(options, machine)),
    organisationAdd: input =>
      options.actor.kind === 'operator'
        ? change(options.directory.addOrganisation(input, options.actor), each => organisationView(options, each, 0))
        : notAtTheMachine(),
  }
}

type People = Omit<
  PeopleOperations,
  'apiKeyList' | 'apiKeyAdd' | 'apiKeyRemove' | 'organisationList' | 'organisationAdd'
>
type Sessions = Pick<People, 'peopleSessions' | 'peopleRevoke'>

function withoutPeople(options: OperationsOptions): People {
  const away = <T>(): Promise<OperationResult<T>> => withoutIdentity(options)
  return {
    peopleList: away,
    peopleInvite: away,
    peopleLink: away,
    peopleRecover: away,
    peopleSuspend: away,
    peopleRestore: away,
    peopleRole: away,
    peopleRemove: away,
    peopleSessions: away,
    peopleRevoke: away,
  }
}

function people(options: OperationsOptions, machine: Machine): Omit<People, keyof Sessions> {
  const { identity, asker } = machine
  const row = (view: PersonView): PersonRow => personRow(options, view)
  return {
    peopleList: () =>
      attempt(async () => (await identity.people(asker)).map(row).sort((a, b) => (a.email < b.email ? -1 : 1))),
    async peopleInvite({ email, name, role, extension, organisation }) {
      const where = organisationOf(options, organisation)
      if (!where.ok) return refused(where.error)
      const missing = unknownExtension(options, where.value, extension)
      if (missing !== undefined) return refused(missing)
      const input = { organisationId: where.value?.id, email, name, role, extension }
      return came(identity.invite(asker, input), each => invitationView(options, each))
    },
    async peopleLink() {
      const link = await attempt(() => identity.firstOwnerLink())
      if (!link.ok) return link
      if (link.value !== undefined) return done(invitationView(options, link.value))
      const message =
        'there is an owner already: they invite people, and ringfence people recover EMAIL is the way back'
      return refused({ code: 'PEOPLE_EXISTS', message })
    },
    peopleRecover: ({ email, reason }) =>
      named(machine, email, ({ id, state }) =>
        came(identity.reinvite(asker, id, reason), each => ({
          ...invitationView(options, each),
          replacesFactors: state !== 'invited',
        })),
      ),
    peopleSuspend: ({ email, reason }) =>
      named(machine, email, ({ id }) => came(identity.suspend(asker, id, reason), row)),
    peopleRestore: ({ email, reason }) =>
      named(machine, email, ({ id }) => came(identity.restore(asker, id, reason), row)),
    peopleRole: ({ email, role, extension }) =>
      named(machine, email, async person => {
        const where = options.directory.organisations().find(each => each.id === person.organisationId)
        const missing = unknownExtension(options, where, extension ?? undefined)
        if (missing !== undefined) return refused(missing)
        const changed = { role, ...(extension === undefined ? {} : { extension }) }
        return came(identity.change(asker, person.id, changed), row)
      }),
    peopleRemove: ({ email }) =>
      named(machine, email, person => came(identity.remove(asker, person.id), () => ({ email: person.email }))),
  }
}

function sessionsOf(machine: Machine): Sessions {
  const { identity, asker } = machine
  return {
    async peopleSessions({ email }) {
      const everybody = await attempt(() => identity.people(asker))
      if (!everybody.ok) return everybody
      const emails = new Map(everybody.value.map(each => [each.id, each.email]))
      const list = (personId?: PersonId): Promise<OperationResult<readonly SessionRow[]>> =>
        attempt(async () =>
          (await identity.sessions(asker, personId)).map(({ personId: of, until: endsAt, ...rest }) => ({
            ...rest,
            email: emails.get(of) ?? '-',
            endsAt,
          })),
        )
      return email === undefined ? list() : named(machine, email, ({ id }) => list(id))
    },
    async peopleRevoke(input) {
      if ('session' in input) {
        return came(identity.revoke(asker, input.session as SessionId), () => ({ ended: 1 }))
      }
      return named(machine, input.email, async ({ id }) => {
        const open = await attempt(() => identity.sessions(asker, id))
        if (!open.ok) return open
        let ended = 0
        for (const session of open.value) {
          const outcome = await came(identity.revoke(asker, session.id), () => undefined)
          if (outcome.ok) ended++
          // One that ended by itself meanwhile is no fault.
          else if (outcome.error.code !== 'PEOPLE_UNKNOWN') return outcome
        }
        return done({ ended })
      })
    },
  }
}

async function named<T>(
  { identity, asker }: Machine,
  email: string,
  use: (person: PersonView) => Promise<OperationResult<T>>,
): Promise<OperationResult<T>> {
  const found = await attempt(() => identity.personByEmail(asker, email))
  if (!found.ok) return found
  if (found.value !== undefined) return use(found.value)
  const message = `there is nobody with the address ${email}; ringfence people list shows who there is`
  return refused({ code: 'PEOPLE_UNKNOWN', message })
}

/** A refusal where somebody would get an extension that is not there, and later whoever is added with that number. */
function unknownExtension(
  { directory }: OperationsOptions,
  organisation: Organisation | undefined,
  number: string | undefined,
) {
  if (number === undefined) return undefined
  const code = 'DIRECTORY_EXTENSION_UNKNOWN' as const
  if (organisation === undefined) {
    return { code, message: 'somebody of the whole installation has no extension: name an organisation' }
  }
  if (directory.extensionByNumber(organisation.id, number) !== undefined) return undefined
  return { code, message: `there is no extension ${number} in ${organisation.domain}` }
}

function personRow(options: OperationsOptions, view: PersonView): PersonRow {
  const { id, email, name, role, organisationId, extension, state, factors, sessions, createdAt, lastSignInAt } = view
  return {
    id,
    email,
    name,
    role,
    organisation: domainOf(options, organisationId),
    extension: extension ?? null,
    state,
    passkeys: factors.passkeys.length,
    passwordAndCodes: factors.password !== undefined && factors.totp !== undefined,
    recoveryCodesLeft: factors.recoveryCodesLeft,
    sessions,
    createdAt,
    lastSignInAt: lastSignInAt ?? null,
  }
}

function invitationView(options: OperationsOptions, { person, url, expiresAt }: Invitation): InvitationView {
  const { email, role, organisationId } = person
  return { email, role, organisation: domainOf(options, organisationId), url, expiresAt }
}

async function organisations(
  options: OperationsOptions,
  machine: Machine | undefined,
): Promise<readonly OrganisationView[]> {
  const known = machine === undefined ? undefined : await machine.identity.people(machine.asker)
  return options.directory
    .organisations()
    .map(each =>
      organisationView(
        options,
        each,
        known === undefined ? null : known.filter(({ organisationId }) => organisationId === each.id).length,
      ),
    )
}

function organisationView(
  { directory }: OperationsOptions,
  each: Organisation,
  count: number | null,
): OrganisationView {
  const { id, name, domain, createdAt } = each
  return { id, name, domain, createdAt, extensions: directory.extensions(id).length, people: count }
}
