/** People, keys and organisations in memory for tests of commands. */
import type { OperationResult } from './operations.ts'
import type {
  ApiKeyRow,
  InvitationView,
  OrganisationView,
  PeopleOperations,
  PersonRow,
  SessionRow,
} from './people-operations.ts'

export interface FakePeople {
  people: readonly PersonRow[]
  sessions: readonly SessionRow[]
  keys: readonly ApiKeyRow[]
  organisations: readonly OrganisationView[]
  /** What `peopleLink` gives; undefined: there is an owner. */
  link: InvitationView | undefined
}

const MOMENT = Date.UTC(2026, 10, 23, 3, 4, 5)
const DAY_MS = 86_400_000
const LINK = 'https://pbx.example.com:8443/enrol#dG9rZW4'

export const FAKE_PERSON: PersonRow = {
  id: '01a20000-0000-7000-8000-000000000011',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'helpdesk',
  organisation: 'pbx.example.com',
  extension: null,
  state: 'active',
  passkeys: 2,
  passwordAndCodes: false,
  recoveryCodesLeft: 0,
  sessions: 1,
  createdAt: MOMENT,
  lastSignInAt: MOMENT,
}

export const FAKE_KEY: ApiKeyRow = {
  id: '01a20000-0000-7000-8000-000000000012',
  name: 'monitoring',
  organisation: 'pbx.example.com',
  scopes: ['status:read'],
  networks: ['192.0.2.0/24'],
  createdAt: MOMENT,
  createdBy: 'control socket',
  expiresAt: MOMENT + DAY_MS,
  lastUsedAt: null,
}

export function createFakePeople(): FakePeople {
  return {
    people: [FAKE_PERSON],
    sessions: [
      {
        id: '01a20000-0000-7000-8000-000000000013',
        email: FAKE_PERSON.email,
        method: 'passkey',
        address: '192.0.2.7',
        userAgent: 'Browser',
        createdAt: MOMENT,
        lastSeenAt: MOMENT,
        endsAt: MOMENT + DAY_MS / 2,
      },
    ],
    keys: [FAKE_KEY],
    organisations: [
      { id: 'o-1', name: 'First', domain: 'pbx.example.com', createdAt: MOMENT, extensions: 2, people: 1 },
    ],
    link: { email: 'owner@localhost', role: 'owner', organisation: null, url: LINK, expiresAt: MOMENT + 900_000 },
  }
}

type Note = (name: string, input: unknown) => void

export function fakePeopleOperations(state: FakePeople, note: Note): PeopleOperations {
  return { ...fakePersons(state, note), ...fakeKeys(state, note), ...fakeOrganisations(state, note) }
}

type Organisations = Pick<PeopleOperations, 'organisationList' | 'organisationAdd'>
type Keys = Pick<PeopleOperations, 'apiKeyList' | 'apiKeyAdd' | 'apiKeyRemove'>

function fakePersons(state: FakePeople, note: Note): Omit<PeopleOperations, keyof Keys | keyof Organisations> {
  const change = (name: string, input: { readonly email: string }, changed: Partial<PersonRow>) => {
    note(name, input)
    const found = state.people.find(each => each.email === input.email)
    return found === undefined ? nobody(input.email) : done({ ...found, ...changed })
  }
  return {
    peopleList: async () => done(state.people),
    async peopleInvite(input) {
      note('peopleInvite', input)
      const { email, role, organisation = 'pbx.example.com' } = input
      return done({ email, role, organisation, url: LINK, expiresAt: MOMENT + DAY_MS })
    },
    async peopleLink() {
      note('peopleLink', {})
      return state.link === undefined ? refused('PEOPLE_EXISTS', 'there is an owner already') : done(state.link)
    },
    async peopleRecover(input) {
      note('peopleRecover', input)
      const found = state.people.find(each => each.email === input.email)
      if (found === undefined) return nobody(input.email)
      const { email, role, organisation } = found
      const expiresAt = MOMENT + DAY_MS
      return done({ email, role, organisation, url: LINK, expiresAt, replacesFactors: found.state !== 'invited' })
    },
    peopleSuspend: async input => change('peopleSuspend', input, { state: 'suspended' }),
    peopleRestore: async input => change('peopleRestore', input, { state: 'active' }),
    peopleRole: async input =>
      change('peopleRole', input, {
        role: input.role,
        ...(input.extension === undefined ? {} : { extension: input.extension }),
      }),
    async peopleRemove(input) {
      note('peopleRemove', input)
      return done({ email: input.email })
    },
    async peopleSessions(input) {
      note('peopleSessions', input)
      return done(state.sessions.filter(each => input.email === undefined || each.email === input.email))
    },
    async peopleRevoke(input) {
      note('peopleRevoke', input)
      return done({ ended: 1 })
    },
  }
}

function fakeKeys(state: FakePeople, note: Note): Keys {
  return {
    apiKeyList: async () => done(state.keys),
    async apiKeyAdd(input) {
      note('apiKeyAdd', input)
      const { name, scopes, networks } = input
      return done({ ...FAKE_KEY, name, scopes, networks, secret: 'rfk_id_secret' })
    },
    async apiKeyRemove(input) {
      note('apiKeyRemove', input)
      const found = state.keys.find(({ id, name }) => [id, name].includes(input.key))
      if (found === undefined) return refused('PEOPLE_UNKNOWN', `there is no key ${input.key}`)
      return done({ id: found.id, name: found.name })
    },
  }
}

function fakeOrganisations(state: FakePeople, note: Note): Organisations {
  return {
    organisationList: async () => done(state.organisations),
    async organisationAdd(input) {
      note('organisationAdd', input)
      return done({ id: 'o-2', ...input, createdAt: MOMENT, extensions: 0, people: 0 })
    },
  }
}

function done<T>(value: T): OperationResult<T> {
  return { ok: true, value }
}

function refused(code: 'PEOPLE_EXISTS' | 'PEOPLE_UNKNOWN', message: string): OperationResult<never> {
  return { ok: false, error: { code, message } }
}

function nobody(email: string): OperationResult<never> {
  return refused('PEOPLE_UNKNOWN', `there is nobody with the address ${email}`)
}
