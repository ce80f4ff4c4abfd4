import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATION_SCHEMAS } from '../api/operation-schemas.ts'
import type { OperationResult, Operations } from '../api/operations.ts'
import { PEOPLE_SCHEMAS } from '../api/people-operations.ts'
import { ManualClock } from '../base/clock.ts'
import { createDirectoryService } from '../directory/directory-service.ts'
import { createFakeRepository } from '../directory/fake-repository.ts'
import { createEventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { Actor } from '../events/system-events.ts'
import { createFakeIdentityRepository } from '../identity/fake-repository.ts'
import { createIdentity } from '../identity/identity.ts'
import { createSealer } from '../keys/sealer.ts'
import { createOperations } from './operations.ts'

const EMPTY = { list: async () => [], query: async () => [] }
const OPERATOR: Actor = { kind: 'operator', name: 'control socket' }

function got<T>(result: OperationResult<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`)
  return result.value
}

async function codeOf(result: Promise<OperationResult<unknown>>): Promise<string | undefined> {
  const outcome = await result
  return outcome.ok ? undefined : outcome.error.code
}

interface System {
  readonly operations: Operations
  as(actor: Actor): Operations
  readonly events: RingfenceEvent[]
  readonly repository: ReturnType<typeof createFakeIdentityRepository>
}

/** The first organisation with extension 101, and a second one with 201. */
async function system({ withIdentity = true } = {}): Promise<System> {
  const clock = new ManualClock(Date.UTC(2026, 10, 23))
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  const events: RingfenceEvent[] = []
  bus.subscribe(event => void events.push(event))
  const directory = createDirectoryService({
    repository: createFakeRepository().repository,
    clock,
    events: bus,
    domain: 'pbx.example.com',
  })
  await directory.load()
  const repository = createFakeIdentityRepository()
  const identity = createIdentity({
    repository,
    clock,
    events: bus,
    sealing: createSealer(Buffer.alloc(32, 7)),
    serviceName: 'Ringfence',
    baseUrl: () => 'https://pbx.example.com:8443',
  })
  const as = (actor: Actor): Operations =>
    createOperations({
      directory,
      calls: EMPTY as never,
      log: EMPTY as never,
      search: undefined as never,
      bus,
      clock,
      actor,
      outboundProxy: '',
      ca: '',
      live: undefined,
      ...(withIdentity ? { identity } : {}),
    })
  const operations = as(OPERATOR)
  got(await operations.extensionAdd({ number: '101', name: 'Phone' }))
  const second = got(await operations.organisationAdd({ name: 'Second', domain: 'two.example.com' }))
  const there = { organisationId: second.id as never, number: '201', name: 'Theirs' }
  assert.ok((await directory.addExtension(there, OPERATOR)).ok)
  return { operations, as, events, repository }
}

const ADA = { email: 'Ada@Example.com', name: 'Ada', role: 'administrator' } as const

test('an invited person is of the first organisation, of another, or of the whole installation', async () => {
  const { operations, events } = await system()
  const link = got(await operations.peopleInvite(ADA))
  assert.match(link.url, /^https:\/\/pbx\.example\.com:8443\/enrol#[\w-]{43}$/)
  assert.equal(link.organisation, 'pbx.example.com')
  got(await operations.peopleInvite({ ...ADA, email: 'b@x.example', organisation: 'Two.Example.com' }))
  got(await operations.peopleInvite({ ...ADA, email: 'c@x.example', organisation: null }))
  const rows = got(await operations.peopleList())
  assert.deepEqual(
    rows.map(({ email, organisation, state, passkeys, passwordAndCodes }) => [
      email,
      organisation,
      state,
      passkeys,
      passwordAndCodes,
    ]),
    [
      ['ada@example.com', 'pbx.example.com', 'invited', 0, false],
      ['b@x.example', 'two.example.com', 'invited', 0, false],
      ['c@x.example', null, 'invited', 0, false],
    ],
  )
  const invited = events.filter(each => each.type === 'people.invited')
  assert.deepEqual(
    invited.map(each => each.data.actor),
    [OPERATOR, OPERATOR, OPERATOR],
  )
  assert.equal(JSON.stringify(events).includes(link.url.split('#')[1]!), false, 'the token is in no event')
  assert.equal(await codeOf(operations.peopleInvite(ADA)), 'PEOPLE_EXISTS')
  const nowhere = operations.peopleInvite({ ...ADA, organisation: 'three.example.com' })
  assert.equal(await codeOf(nowhere), 'DIRECTORY_ORGANISATION_UNKNOWN')
})

test('a user gets an extension that exists, of their own organisation', async () => {
  const { operations } = await system()
  const user = { email: 'u@x.example', name: 'U', role: 'user' } as const
  assert.equal(await codeOf(operations.peopleInvite(user)), 'PEOPLE_INVALID')
  assert.equal(await codeOf(operations.peopleInvite({ ...user, extension: '201' })), 'DIRECTORY_EXTENSION_UNKNOWN')
  const wide = operations.peopleInvite({ ...user, extension: '101', organisation: null })
  assert.equal(await codeOf(wide), 'DIRECTORY_EXTENSION_UNKNOWN')
  got(await operations.peopleInvite({ ...user, extension: '101' }))
  const other = operations.peopleRole({ email: 'u@x.example', role: 'user', extension: '201' })
  assert.equal(await codeOf(other), 'DIRECTORY_EXTENSION_UNKNOWN')
  assert.equal(
    got(await operations.peopleRole({ email: 'U@x.example', role: 'auditor', extension: null })).role,
    'auditor',
  )
})

test('break-glass is a critical event with who and why; an unused invitation is only a new link', async () => {
  const { operations, events, repository } = await system()
  const { url } = got(await operations.peopleInvite(ADA))
  const again = got(await operations.peopleRecover({ email: 'ada@example.com', reason: 'mail lost' }))
  assert.equal(again.replacesFactors, false)
  assert.notEqual(again.url, url)
  assert.equal(
    events.some(each => each.type === 'people.recovery-started'),
    false,
  )
  const stored = (await repository.personBy({ email: 'ada@example.com' }))!
  const active = { ...stored.person, state: 'active' } as const
  assert.ok(await repository.replacePerson({ ...stored, person: active, version: stored.version + 1 }))
  const glass = got(await operations.peopleRecover({ email: 'ada@example.com', reason: 'stolen' }))
  assert.equal(glass.replacesFactors, true)
  const told = events.find(each => each.type === 'people.recovery-started')
  assert.ok(told?.type === 'people.recovery-started')
  assert.deepEqual([told.severity, told.data.reason, told.data.actor], ['critical', 'stolen', OPERATOR])
})

test('whoever is not at the machine gets nothing here, whatever they are called', async () => {
  const { as, operations } = await system()
  const key = got(await operations.apiKeyAdd({ name: 'k', scopes: ['status:read'], networks: [], seconds: 3_600 }))
  got(await operations.peopleInvite(ADA))
  const strangers: readonly Actor[] = [
    { kind: 'person', name: 'control socket', id: '1', address: '192.0.2.7' },
    { kind: 'api-key', name: 'operator' },
    { kind: 'system', name: 'operator' },
  ]
  const inputs: Partial<Record<keyof Operations, unknown>> = {
    peopleList: {},
    peopleInvite: { ...ADA, email: 'eve@x.example', role: 'owner' },
    peopleLink: {},
    peopleRecover: { email: 'ada@example.com', reason: 'x' },
    peopleSuspend: { email: 'ada@example.com', reason: 'x' },
    peopleRestore: { email: 'ada@example.com', reason: 'x' },
    peopleRole: { email: 'ada@example.com', role: 'owner' },
    peopleRemove: { email: 'ada@example.com' },
    peopleSessions: {},
    peopleRevoke: { email: 'ada@example.com' },
    apiKeyList: {},
    apiKeyAdd: { name: 'x', scopes: ['status:read'], networks: [], seconds: 3_600 },
    apiKeyRemove: { key: key.id },
    organisationAdd: { name: 'X', domain: 'x.example.com' },
  }
  const names = Object.keys(PEOPLE_SCHEMAS).filter(name => name !== 'organisationList')
  assert.deepEqual(Object.keys(inputs).toSorted(), names.toSorted(), 'every operation is tried')
  for (const actor of strangers) {
    for (const [name, input] of Object.entries(inputs)) {
      const operation = as(actor)[name as 'peopleInvite'] as (input: unknown) => Promise<OperationResult<unknown>>
      assert.ok(OPERATION_SCHEMAS[name as keyof Operations].safeParse(input).success, name)
      assert.equal(await codeOf(operation(input)), 'PEOPLE_FORBIDDEN', `${name} by ${actor.kind}`)
    }
  }
  assert.equal(got(await operations.peopleList()).length, 1)
  assert.equal(got(await operations.apiKeyList()).length, 1)
})

test('the last owner stays; the first one has a link as long as there is none', async () => {
  const { operations, repository } = await system()
  const link = got(await operations.peopleLink())
  assert.equal(link.organisation, null)
  assert.equal(link.role, 'owner')
  const stored = (await repository.personBy({ email: link.email }))!
  const active = { ...stored.person, state: 'active' } as const
  assert.ok(await repository.replacePerson({ ...stored, person: active, version: stored.version + 1 }))
  assert.equal(await codeOf(operations.peopleLink()), 'PEOPLE_EXISTS')
  const reason = 'x'
  assert.equal(await codeOf(operations.peopleSuspend({ email: link.email, reason })), 'PEOPLE_LAST_OWNER')
  assert.equal(await codeOf(operations.peopleRemove({ email: link.email })), 'PEOPLE_LAST_OWNER')
  assert.equal(await codeOf(operations.peopleRole({ email: link.email, role: 'auditor' })), 'PEOPLE_LAST_OWNER')
})

test('somebody is suspended and restored, and everything is named', async () => {
  const { operations, events } = await system()
  got(await operations.peopleInvite(ADA))
  const email = 'ada@example.com'
  assert.equal(got(await operations.peopleSuspend({ email, reason: 'left' })).state, 'suspended')
  assert.equal(await codeOf(operations.peopleRecover({ email, reason: 'x' })), 'PEOPLE_INVALID')
  got(await operations.peopleRestore({ email, reason: 'back' }))
  assert.deepEqual(got(await operations.peopleRemove({ email: 'ADA@example.com' })), { email })
  assert.deepEqual(got(await operations.peopleList()), [])
  const types = events.map(each => each.type).filter(type => type.startsWith('people.'))
  assert.deepEqual(types, ['people.invited', 'people.suspended', 'people.restored', 'people.removed'])
  for (const name of ['peopleSuspend', 'peopleRestore', 'peopleRecover'] as const) {
    assert.equal(await codeOf(operations[name]({ email: 'nobody@x.example', reason: 'x' })), 'PEOPLE_UNKNOWN')
  }
})

test('a key is shown once, named by id or by a name that is its alone', async () => {
  const { operations, events } = await system()
  const input = { name: 'siem', scopes: ['log:read'], networks: ['192.0.2.7'], seconds: 86_400 } as const
  const first = got(await operations.apiKeyAdd(input))
  assert.match(first.secret, /^rfk_[0-9a-f-]{36}_[\w-]{43}$/)
  assert.equal(first.expiresAt, Date.UTC(2026, 10, 24))
  const wide = got(await operations.apiKeyAdd({ ...input, scopes: ['firewall:read'], organisation: null }))
  assert.equal(wide.organisation, null)
  const listed = got(await operations.apiKeyList())
  assert.equal(JSON.stringify([listed, events]).includes(first.secret.split('_')[2]!), false)
  assert.equal(await codeOf(operations.apiKeyAdd({ ...input, scopes: ['people:write'] })), 'PEOPLE_FORBIDDEN')
  assert.equal(await codeOf(operations.apiKeyAdd({ ...input, scopes: ['system:write'] })), 'PEOPLE_FORBIDDEN')
  assert.equal(await codeOf(operations.apiKeyRemove({ key: 'siem' })), 'PEOPLE_UNKNOWN', 'two have this name')
  assert.deepEqual(got(await operations.apiKeyRemove({ key: wide.id })), { id: wide.id, name: 'siem' })
  got(await operations.apiKeyRemove({ key: 'siem' }))
  assert.deepEqual(got(await operations.apiKeyList()), [])
})

test('sessions end, one or all of a person', async () => {
  const { operations, repository } = await system()
  got(await operations.peopleInvite(ADA))
  const { person } = (await repository.personBy({ email: 'ada@example.com' }))!
  const session = {
    tokenHash: '',
    previous: undefined,
    personId: person.id,
    method: 'passkey',
    address: '192.0.2.7',
    userAgent: 'x',
    host: 'pbx.example.com:8443',
    createdAt: 0,
    lastSeenAt: Date.UTC(2026, 10, 23),
    until: Date.UTC(2026, 10, 24),
    steppedUpUntil: 0,
    mustEnrol: false,
    csrf: 'c',
  } as const
  for (const id of ['s-1', 's-2', 's-3']) {
    await repository.insertSession({ ...session, id: id as never, tokenHash: id })
  }
  const rows = got(await operations.peopleSessions({ email: 'ada@example.com' }))
  assert.deepEqual(
    rows.map(({ id, email }) => [id, email]),
    [
      ['s-1', 'ada@example.com'],
      ['s-2', 'ada@example.com'],
      ['s-3', 'ada@example.com'],
    ],
  )
  assert.deepEqual(Object.keys(rows[0]!).includes('csrf'), false)
  assert.deepEqual(got(await operations.peopleRevoke({ session: 's-1' })), { ended: 1 })
  assert.equal(await codeOf(operations.peopleRevoke({ session: 's-1' })), 'PEOPLE_UNKNOWN')
  assert.deepEqual(got(await operations.peopleRevoke({ email: 'ada@example.com' })), { ended: 2 })
  assert.deepEqual(got(await operations.peopleSessions({})), [])
})

test('without people known here it is said; a store that is away is an answer', async () => {
  const { operations } = await system({ withIdentity: false })
  assert.equal(await codeOf(operations.peopleList()), 'OPERATION_NEEDS_SERVER')
  assert.deepEqual(
    got(await operations.organisationList()).map(({ domain, extensions, people }) => [domain, extensions, people]),
    [
      ['pbx.example.com', 1, null],
      ['two.example.com', 1, null],
    ],
  )
  const there = await system()
  there.repository.failing = true
  assert.equal(await codeOf(there.operations.peopleList()), 'STORE_UNAVAILABLE')
  assert.equal(await codeOf(there.operations.peopleInvite(ADA)), 'STORE_UNAVAILABLE')
})
