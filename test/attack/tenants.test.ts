/**
 * Two organisations on one machine: whoever belongs to one learns nothing of the other and changes nothing there, whatever
 * their role and whatever they name. The table of routes is walked, so that a new route is in here by itself.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Operations } from '../../src/api/operations.ts'
import { newId } from '../../src/base/ids.ts'
import { createOperationsFor } from '../../src/composition/operations-for.ts'
import { ROLES } from '../../src/identity/types.ts'
import { PERMISSIONS } from '../../src/identity/types.ts'
import { type Answer, type ApiWorld, apiWorld, OPERATOR } from '../support/api-world.ts'
import { bodyFor, nameOf, sampleBodies, urlFor } from '../support/api-samples.ts'
import { got } from '../support/fraud-system.ts'
import { fillOrganisation } from '../support/api-organisation.ts'

/** Stands in every name of the second organisation. */
const MARK = 'Zwei'

let world: ApiWorld
let theirs: Readonly<Record<string, string>>
let own: Readonly<Record<string, string>>
let second: Operations

before(async () => {
  world = await apiWorld()
  const { one, two } = world.organisations
  for (const role of ROLES) world.enter(role, role, one, { extension: '101' })
  world.enter('stale', 'owner', one, { stale: true })
  world.enter('provider', 'owner', undefined)
  const operationsFor = createOperationsFor(world.options)
  second = operationsFor({ organisationId: two, actor: OPERATOR, installation: false })
  own = await fillOrganisation(
    world,
    operationsFor({ organisationId: one, actor: OPERATOR, installation: false }),
    one,
    {
      extension: '101',
      e164: '+4930100',
      prefix: '881',
      mark: 'Eins',
    },
  )
  theirs = await fillOrganisation(world, second, two, { extension: '201', e164: '+4930200', prefix: '882', mark: MARK })
})

after(() => world.close())

/** Everything that a change there could show in. */
async function snapshot(): Promise<unknown> {
  const { two } = world.organisations
  const asker = { actor: OPERATOR, organisationId: two, role: 'machine' } as const
  const of = (found: readonly { readonly organisationId?: unknown }[]) =>
    found.filter(each => each.organisationId === two)
  return {
    extensions: got(await second.extensionList()),
    calling: got(await second.extensionCallingShow({ extension: '201' })),
    devices: got(await second.deviceList({})),
    trunks: got(await second.trunkList()),
    numbers: got(await second.numberList()),
    groups: got(await second.groupList()),
    plan: got(await second.callingShow()),
    deck: got(await second.deckShow()),
    budget: got(await second.budgetShow({})),
    policy: got(await second.fraudPolicy()),
    rules: got(await second.fraudRules()),
    decisions: got(await second.fraudDecisions({ all: true, limit: 1_000 })),
    approvals: got(await second.fraudApprovals()),
    blocks: got(await second.fraudStatus()).blocked,
    people: of(await world.identity.people(asker)),
    keys: of(await world.identity.apiKeys(asker)),
    sessions: (await world.repository.sessions()).filter(each => each.id === theirs['/sessions/{id}']),
  }
}

const isStream = (path: string): boolean => path.endsWith('/stream')

describe('every route', () => {
  test('is closed to whoever is nobody', async () => {
    for (const route of world.routes) {
      if (route.access === 'public') continue
      const answer = await world.ask(route.method, urlFor(route, own), {
        body: bodyFor(route, sampleBodies('101', '+4930101')),
      })
      assert.equal(answer.status, 401, `${nameOf(route)}: ${answer.text}`)
      assert.equal(answer.body['code'], 'API_UNAUTHENTICATED')
    }
  })

  for (const role of ROLES) {
    test(`is closed to the role ${role} without its permission`, async () => {
      const { permissions } = world.enter(role, role, world.organisations.one, { extension: '101' })
      for (const route of world.routes) {
        const { access } = route
        if (access === 'public' || access === 'session' || permissions.has(access)) continue
        const body = bodyFor(route, sampleBodies('101', '+4930101'))
        const answer = await world.ask(route.method, urlFor(route, own), { as: role, body })
        assert.deepEqual(
          [answer.status, answer.body['code']],
          [403, 'API_FORBIDDEN'],
          `${nameOf(route)}: ${answer.text}`,
        )
      }
    })
  }

  test('that wants a fresh second factor does not do without', async () => {
    for (const route of world.routes) {
      if (
        !route.stepUp ||
        !world.enter('stale', 'owner', undefined, { stale: true }).permissions.has(route.access as never)
      )
        continue
      const body = bodyFor(route, sampleBodies('101', '+4930101'))
      const answer = await world.ask(route.method, urlFor(route, own), { as: 'stale', body })
      assert.deepEqual([answer.status, answer.body['code']], [403, 'API_STEP_UP_NEEDED'], nameOf(route))
    }
  })

  test('that changes something wants the token of the session and our own page', async () => {
    for (const route of world.routes) {
      if (route.access === 'public' || route.method === 'GET') continue
      const body = bodyFor(route, sampleBodies('101', '+4930101'))
      for (const headers of [
        { 'x-csrf-token': 'wrong' },
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        const answer = await world.ask(route.method, urlFor(route, own), { as: 'provider', body, headers })
        assert.deepEqual([answer.status, answer.body['code']], [403, 'API_FORBIDDEN'], nameOf(route))
      }
    }
  })
})

describe('another organisation', () => {
  test('named in the header is like one that does not exist, for every role', async () => {
    const { one, two } = world.organisations
    for (const role of ROLES) {
      world.enter(role, role, one, { extension: '101' })
      for (const route of world.routes) {
        if (route.access === 'public') continue
        const body = bodyFor(route, sampleBodies('201', '+4930201'))
        const [there, nowhere] = await Promise.all(
          [two, newId(0)].map(id =>
            world.ask(route.method, urlFor(route, theirs), {
              as: role,
              body,
              headers: { 'ringfence-organisation': id },
            }),
          ),
        )
        assert.equal(there!.status, 404, `${role} ${nameOf(route)}: ${there!.text}`)
        assert.equal(there!.text, nowhere!.text)
      }
    }
  })

  test('is in no list and no answer of a role', async () => {
    for (const role of ROLES) {
      const { permissions } = world.enter(role, role, world.organisations.one, { extension: '101' })
      for (const route of world.routes) {
        const { access, path } = route
        if (route.method !== 'GET' || isStream(path) || access === 'public') continue
        if (access !== 'session' && !permissions.has(access)) continue
        const answer = await world.ask('GET', urlFor(route, own), { as: role })
        assert.ok(answer.status < 500, `${nameOf(route)}: ${answer.text}`)
        for (const name of [
          MARK,
          ...Object.entries(theirs)
            .filter(isTelling)
            .map(([, id]) => id),
        ]) {
          assert.ok(!answer.text.includes(name), `${role} ${nameOf(route)} names ${name}: ${answer.text}`)
        }
      }
    }
  })

  test('has nothing that its id opens: a thing of theirs is answered like one that is nowhere', async () => {
    const unchanged = await snapshot()
    for (const role of ROLES) {
      const { permissions } = world.enter(role, role, world.organisations.one, { extension: '101' })
      for (const route of world.routes) {
        const { access, path, method } = route
        if (!path.includes('{') || isOfAll(path)) continue
        if (access !== 'session' && access !== 'public' && !permissions.has(access)) continue
        const body = bodyFor(route, sampleBodies('101', '+4930101'))
        const there = await world.ask(method, urlFor(route, theirs), { as: role, body })
        const nowhere = await world.ask(method, urlFor(route, absent(route.path)), { as: role, body })
        const name = `${role} ${nameOf(route)}`
        assert.ok(there.status >= 400 && there.status < 500, `${name}: ${there.status} ${there.text}`)
        assert.deepEqual(withoutIds(there), withoutIds(nowhere), name)
      }
    }
    assert.deepEqual(await snapshot(), unchanged)
  })

  test('has nothing that a body or a query reaches', async () => {
    const unchanged = await snapshot()
    const key = { name: 'wide', scopes: ['status:read'], expiresAt: world.clock.now() + 3_600_000 }
    const { two } = world.organisations
    const asks: readonly (readonly [string, string, (named: string) => unknown, theirs: string, nowhere: string])[] = [
      ['POST', '/devices', extension => ({ extension }), '201', '299'],
      ['GET', '/devices?extension=NAMED', () => undefined, '201', '299'],
      ['GET', '/extensions?number=NAMED', () => undefined, '201', '299'],
      ['GET', '/budget?extension=NAMED', () => undefined, '201', '299'],
      ['GET', '/deck/price?number=%2B4930123456&extension=NAMED', () => undefined, '201', '299'],
      ['GET', '/dial?number=NAMED&from=101', () => undefined, '201', '299'],
      ['GET', '/dial?number=101&from=NAMED', () => undefined, '201', '299'],
      ['PATCH', '/budget', number => ({ extension: { number, day: '1' } }), '201', '299'],
      ['PATCH', '/calling', each => ({ defaultCallerId: each }), '+4930200', '+4930299'],
      ['PATCH', '/calling', each => ({ emergencyNotify: [each] }), '201', '299'],
      ['PATCH', '/extensions/101/calling', each => ({ callerId: each }), '+4930200', '+4930299'],
      ['PATCH', '/extensions/101/calling', each => ({ forwardAlways: `extension:${each}` }), '201', '299'],
      ['PATCH', '/numbers/+4930100', each => ({ target: `extension:${each}` }), '201', '299'],
      ['POST', '/groups', each => ({ number: '770', members: [each] }), '201', '299'],
      ['PATCH', '/groups/191', each => ({ members: [each] }), '201', '299'],
      ['PATCH', '/fraud/rules/FRAUD_BURST', each => ({ exempt: { [each]: null } }), '201', '299'],
      [
        'POST',
        '/people',
        id => ({ email: 'x@example.org', name: 'X', role: 'user', organisationId: id }),
        two,
        newId(0),
      ],
      [
        'POST',
        '/people',
        id => ({ email: 'y@example.org', name: 'Y', role: 'owner', extension: id, organisationId: two }),
        '201',
        '299',
      ],
      ['POST', '/people', () => ({ email: 'z@example.org', name: 'Z', role: 'owner', organisationId: null }), two, two],
      ['POST', '/api-keys', id => ({ ...key, organisationId: id }), two, newId(0)],
      ['POST', '/api-keys', () => ({ ...key, organisationId: null }), two, two],
    ]
    for (const [method, path, body, there, nowhere] of asks) {
      const answers = await Promise.all(
        [there, nowhere].map(async named => {
          const answer = await world.ask(method, `/api/v1${path.replace('NAMED', named)}`, {
            as: 'owner',
            body: body(named),
          })
          return [answer.status, answer.text.replaceAll(named, 'X')]
        }),
      )
      assert.deepEqual(answers[0], answers[1], `${method} ${path}`)
    }
    assert.deepEqual(await snapshot(), unchanged)
  })

  test('keeps everything whatever the first one changes, route by route', async () => {
    const unchanged = await snapshot()
    world.enter('owner', 'owner', world.organisations.one, { extension: '101' })
    const changes = world.routes.filter(
      ({ method, access }) => method !== 'GET' && access !== 'public' && access !== 'session',
    )
    for (const route of changes.filter(({ method }) => method !== 'DELETE')) await change(route)
    for (const route of changes.filter(({ method }) => method === 'DELETE')) await change(route)
    assert.deepEqual(await snapshot(), unchanged)
  })
})

async function change(route: ApiWorld['routes'][number]): Promise<void> {
  const body = bodyFor(route, sampleBodies('101', '+4930101'))
  const answer = await world.ask(route.method, urlFor(route, own), { as: 'owner', body })
  // What concerns the machine is not an organisation's to change.
  assert.notEqual(answer.status, 500, `${nameOf(route)}: ${answer.text}`)
}

/** Rules are the same ones everywhere; each organisation has its own settings of them. */
const isOfAll = (path: string): boolean => /^\/(fraud\/rules|detections)\//.test(path)

/** Long enough that it stands in no answer by chance. */
const isTelling = ([path, id]: readonly [string, string]): boolean => id.length > 6 && !isOfAll(path)

function absent(path: string): Readonly<Record<string, string>> {
  const key = path.slice(0, path.indexOf('}') + 1)
  const id = theirs[key] ?? ''
  return { [key]: /^\d{3}$/.test(id) ? '299' : id.startsWith('+') ? '+4930299' : isUuid(id) ? newId(0) : 'nowhere' }
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text)

function withoutIds({ status, text }: Answer): readonly [number, string] {
  let left = text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'X')
  for (const id of ['+4930299', '299', 'nowhere', ...Object.values(theirs).toSorted((a, b) => b.length - a.length)])
    left = left.replaceAll(id, 'X')
  return [status, left]
}

test('a key of one organisation opens the other no more than a person', async () => {
  const { one, two } = world.organisations
  const asker = { actor: OPERATOR, organisationId: undefined, role: 'machine' } as const
  const scopes = PERMISSIONS.filter(
    each => !/^(own|people:write|api-keys|organisations:write|firewall|alerts|organisations|system)/.test(each),
  )
  const made = await world.identity.addApiKey(asker, new Set(PERMISSIONS), {
    organisationId: one,
    name: 'program',
    scopes,
    networks: [],
    expiresAt: world.clock.now() + 3_600_000,
  })
  assert.ok(made.ok, JSON.stringify(made))
  const key = made.value.secret.reveal()
  const unchanged = await snapshot()
  for (const route of world.routes) {
    const { access, path, method } = route
    if (access === 'public' || isStream(path) || isOfAll(path)) continue
    const body = bodyFor(route, sampleBodies('101', '+4930102'))
    const answer = await world.ask(method, urlFor(route, theirs), {
      as: key,
      body,
      headers: { 'ringfence-organisation': two },
    })
    assert.equal(answer.status, 404, `${nameOf(route)}: ${answer.text}`)
    if (method === 'GET' || path.includes('{')) {
      const named = await world.ask(method, urlFor(route, theirs), { as: key, body })
      assert.ok(!named.text.includes(MARK), `${nameOf(route)}: ${named.text}`)
      assert.ok(!path.includes('{') || named.status >= 400, `${nameOf(route)}: ${named.text}`)
    }
  }
  assert.deepEqual(await snapshot(), unchanged)
})

test('where the log goes is read and tried by whoever sees the whole installation, and named by nobody but the machine', async () => {
  const operationsFor = createOperationsFor(world.options)
  const person = { kind: 'person', id: newId(0), name: 'eve@example.org' } as never
  const added = { name: 'mine', kind: 'syslog', to: 'thief.example.net:6514' } as const
  const { one } = world.organisations
  for (const installation of [true, false]) {
    const operations = operationsFor({ organisationId: one, actor: person, installation })
    const codes = await Promise.all(
      [
        operations.exportList({}),
        operations.exportTest({ name: 'siem' }),
        operations.exportAdd(added),
        operations.exportRemove({ name: 'siem' }),
      ].map(async each => {
        const outcome = await each
        return outcome.ok ? 'done' : outcome.error.code
      }),
    )
    const refused = 'PEOPLE_FORBIDDEN'
    assert.deepEqual(codes, installation ? ['done', 'done', refused, refused] : [refused, refused, refused, refused])
  }
  for (const role of ROLES) assert.equal((await world.ask('GET', '/api/v1/exports', { as: role })).status, 403, role)
  const seen = await world.ask('GET', '/api/v1/exports', { as: 'provider' })
  assert.equal(seen.status, 200, seen.text)
  assert.deepEqual(
    (seen.body['items'] as { name: string }[]).map(each => each.name),
    ['siem'],
  )
  assert.ok(!seen.text.includes('pseudonyms'), seen.text)
})
