/** The HTTP interface over two organisations in memory, with somebody of each role in both, and a provider over them. */
import assert from 'node:assert/strict'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FAKE_STATUS } from '../../src/api/fake-operations.ts'
import type { LiveCall } from '../../src/api/operations.ts'
import { type Application, type ApplicationOptions, createApplication } from '../../src/api/http/application.ts'
import { createAuthenticator } from '../../src/api/http/authenticator.ts'
import { httpRoutes } from '../../src/api/http/routes/index.ts'
import type { StreamLimits } from '../../src/api/http/stream.ts'
import { type Clock, ManualClock } from '../../src/base/clock.ts'
import { newId, type OrganisationId } from '../../src/base/ids.ts'
import type { CallRecord, CallRecordRepository } from '../../src/call/call-record.ts'
import { openFraudParts } from '../../src/composition/fraud-parts.ts'
import type { ExportParts } from '../../src/composition/operations-exports.ts'
import type { LiveState, OperationsOptions } from '../../src/composition/operations.ts'
import { createOperationsFor } from '../../src/composition/operations-for.ts'
import { createDirectoryService } from '../../src/directory/directory-service.ts'
import { createFakeRepository } from '../../src/directory/fake-repository.ts'
import { createEventBus, type EventPublisher } from '../../src/events/bus.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import type { SearchOptions } from '../../src/events/chain/event-archive.ts'
import type { EventLog, EventQuery, LoggedEvent } from '../../src/events/event-log.ts'
import { eventFields } from '../../src/events/query/event-fields.ts'
import { matches } from '../../src/events/query/matches.ts'
import { momentAt } from '../../src/events/query/moments.ts'
import type { Query } from '../../src/events/query/types.ts'
import { createExportService } from '../../src/export/export-service.ts'
import {
  aDestination,
  createMemoryLog,
  createMemoryReceiver,
  createMemoryRepository,
  NO_PROGRESS,
} from '../../src/export/test-support/world.ts'
import { createBudgets } from '../../src/fraud/budget/budgets.ts'
import { createFakeFraudRepository } from '../../src/fraud/fake-repository.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import { createFakeIdentityRepository } from '../../src/identity/fake-repository.ts'
import { createIdentity } from '../../src/identity/identity.ts'
import { permissionsOf } from '../../src/identity/roles.ts'
import type { Role, Session } from '../../src/identity/types.ts'
import { createSealer } from '../../src/keys/sealer.ts'
import { randomBytes } from '../../src/base/random.ts'
import { storedDetections } from '../../src/composition/detection-parts.ts'
import type { SavedSearch, SearchRepository } from '../../src/search/types.ts'
import type { TraceChunk } from '../../src/trace/types.ts'

export const OPERATOR = { kind: 'operator', name: 'test' } as const
export const NOON = Date.UTC(2026, 10, 23, 11)

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Empty where it is no JSON. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface Asked {
  /** Name of somebody who entered, or an API key; left out: nobody. */
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type ApiWorld = Awaited<ReturnType<typeof apiWorld>>

/** One export of the whole installation, `siem`, whose receiver takes everything. */
async function memoryExports(clock: Clock, events: EventPublisher): Promise<ExportParts> {
  const repository = createMemoryRepository()
  await repository.insert({ destination: aDestination(), progress: NO_PROGRESS })
  const service = createExportService({
    clock,
    log: createMemoryLog(),
    repository,
    events,
    logger: quiet,
    context: { host: 'pbx.example.org', version: '0.0.0' },
    open: () => createMemoryReceiver(),
  })
  return { repository, service }
}

/** The log as the store keeps it. */
export function memoryLog(events: readonly RingfenceEvent[]): EventLog {
  return {
    append: async () => undefined,
    async query({ organisationId, machine, types, since, after, before, limit }) {
      const found = events
        .map((event, index) => ({ position: index + 1, event }))
        .filter(
          ({ position, event }) =>
            position > (after ?? 0) && position < (before ?? Infinity) && event.at >= (since ?? 0),
        )
        .filter(({ event }) => {
          if (organisationId === undefined || event.organisationId === organisationId) return true
          return machine === true && event.organisationId === undefined
        })
        .filter(
          ({ event }) =>
            types?.some(type => event.type === type || (type.endsWith('.') && event.type.startsWith(type))) ?? true,
        )
      return after === undefined && since === undefined ? found.slice(-limit) : found.slice(0, limit)
    },
  }
}

function memorySearches(): SearchRepository {
  const kept = new Map<string, SavedSearch>()
  const key = (organisationId: string, name: string): string => `${organisationId} ${name}`
  return {
    list: async of => [...kept.values()].filter(each => of === undefined || each.organisationId === of),
    put: async search => void kept.set(key(search.organisationId, search.name), search),
    remove: async (organisationId, name) => kept.delete(key(organisationId, name)),
  }
}

/** As the store answers, without its indexes. */
export function memorySearch(events: readonly RingfenceEvent[]): OperationsOptions['search'] {
  const log = memoryLog(events)
  const found = async ({ filter, since, until }: Query, asked: SearchOptions): Promise<readonly LoggedEvent[]> => {
    const { organisationId, machine, before, now } = asked
    const all = await log.query({ organisationId, machine, before, limit: events.length } as EventQuery)
    const from = since === undefined ? 0 : momentAt(since, now)
    const to = until === undefined ? Infinity : momentAt(until, now)
    return all
      .toReversed()
      .filter(
        ({ event, position }) => event.at >= from && event.at <= to && matches(filter, eventFields(event, position)),
      )
  }
  return {
    async search(query, asked) {
      const all = await found(query, asked)
      const page = all.slice(0, asked.limit)
      return { events: page, next: all.length > page.length ? page.at(-1)!.position : undefined, partial: false }
    },
    async count(query, asked) {
      const all = await found(query, asked)
      return { groups: [{ values: [], at: undefined, count: all.length }], total: all.length, partial: false }
    },
  }
}

export function memoryCalls(records: CallRecord[]): CallRecordRepository {
  return {
    save: async record => void records.push(record),
    closeOrphans: async () => [],
    async list({ organisationId, before, limit }) {
      return records
        .filter(each => organisationId === undefined || each.organisationId === organisationId)
        .filter(each => before === undefined || each.startedAt < before)
        .toSorted((a, b) => b.startedAt - a.startedAt)
        .slice(0, limit)
    },
    find: async (id, organisationId) =>
      records.find(each => each.id === id && (organisationId === undefined || each.organisationId === organisationId)),
  }
}

export async function apiWorld({
  stream,
  ...more
}: Partial<ApplicationOptions> & { readonly stream?: StreamLimits } = {}) {
  const clock = new ManualClock(NOON)
  const bus = createEventBus(clock, error => assert.fail(String(error)))
  const events: RingfenceEvent[] = []
  bus.subscribe(event => void events.push(event))
  const directory = createDirectoryService({
    repository: createFakeRepository().repository,
    clock,
    events: bus,
    domain: 'one.example.org',
    country: 'DE',
  })
  await directory.load()
  const added = await directory.addOrganisation({ name: 'Second', domain: 'two.example.org' }, OPERATOR)
  assert.ok(added.ok)
  const repository = createFakeFraudRepository()
  const budgets = createBudgets({ store: repository.budgets, nodeId: 'test', onStoreError: assert.fail })
  const fraud = await openFraudParts({ repository, directory, clock, rules: ALL_RULES, budgets })
  const records: CallRecord[] = []
  const live: LiveCall[] = []
  const people = createFakeIdentityRepository()
  const identity = createIdentity({
    repository: people,
    clock,
    events: bus,
    sealing: createSealer(randomBytes(32)),
    serviceName: 'Example',
    baseUrl: () => 'https://phones.example.org:8443',
  })
  const options: OperationsOptions = {
    directory,
    calls: memoryCalls(records),
    log: memoryLog(events),
    search: memorySearch(events),
    bus,
    clock,
    actor: OPERATOR,
    outboundProxy: 'sip:192.0.2.1:5061;transport=tls',
    ca: '/ca.pem',
    live: liveState(live),
    fraud,
    identity,
    detections: storedDetections({ detections: { disabled: [] }, dataDirectory: '/nowhere' } as never),
    searches: { repository: memorySearches() },
    exports: await memoryExports(clock, bus),
    traces: { messages: async id => tracesOf(records, id) },
  }
  const sessions = new Map<string, Session>()
  const organisations = () => directory.organisations().toSorted((a, b) => a.createdAt - b.createdAt)
  const routes =
    more.routes ??
    httpRoutes({
      identity,
      organisations,
      addOrganisation: (input, asker) => directory.addOrganisation(input, asker.actor),
      ...(stream === undefined ? {} : { stream }),
    })
  const application = await createApplication({
    routes,
    authenticator: createAuthenticator({
      identity: { ...identity, session: async token => sessions.get(token) },
      now: () => clock.now(),
      organisations,
    }),
    operationsFor: createOperationsFor(options),
    events: bus,
    logger: quiet,
    version: '0.0.0',
    clock,
    isOwnHost: host => host === '127.0.0.1',
    networks: [],
    limits: UNLIMITED,
    ...more,
  })
  const server = await listen(application)
  return {
    clock,
    bus,
    events,
    directory,
    fraud,
    identity,
    records,
    /** Calls that are up. */
    live,
    repository: people,
    routes,
    options,
    port: server.port,
    organisations: { one: directory.primary.id, two: added.value.id },
    /** Somebody with this role. Undefined organisation: of the whole installation. */
    enter(name: string, role: Role, organisationId: OrganisationId | undefined, how: Entering = {}): Session {
      const session = sessionOf(name, role, organisationId, how, clock.now())
      sessions.set(name, session)
      return session
    },
    /** Their session is over. */
    leave: (name: string): void => void sessions.delete(name),
    ask: (method: string, path: string, asked?: Asked) => send(server.port, method, path, asked),
    close: server.close,
  }
}

const CSRF = 'what changes bring along'
const MANY = { perSecond: 1e6, burst: 1e6 }
const UNLIMITED = { session: MANY, key: MANY, address: MANY }
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined } as never

function liveState(calls: readonly LiveCall[]): LiveState {
  return {
    bindings: { bindingsOf: () => [] } as never,
    authenticationOf: () => undefined,
    liveCalls: () => calls,
    status: () => FAKE_STATUS,
    drain: () => ({ pid: 1, liveCalls: 0, endsAt: NOON }),
    extensionSuspended: () => undefined,
    deviceRemoved: async () => undefined,
  }
}

export interface Entering {
  readonly extension?: string
  /** The second factor was not given lately. */
  readonly stale?: boolean
}

function sessionOf(
  name: string,
  role: Role,
  organisationId: OrganisationId | undefined,
  { extension, stale = false }: Entering,
  now: number,
): Session {
  const person = {
    id: newId<'PersonId'>(now),
    organisationId,
    email: `${name}@example.org`,
    name,
    role,
    extension,
    state: 'active' as const,
    createdAt: now,
    lastSignInAt: now,
  }
  return {
    id: newId<'SessionId'>(now),
    person,
    permissions: permissionsOf(role, organisationId === undefined),
    method: 'passkey',
    createdAt: now,
    idleUntil: now + 900_000,
    until: now + 43_200_000,
    steppedUpUntil: stale ? 0 : now + 300_000,
    mustEnrol: false,
    csrf: CSRF,
    origin: { address: '127.0.0.1', userAgent: 'test', host: '127.0.0.1' },
  }
}

async function listen(application: Application): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => application.handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A test that fails before it closes it does not wait for it.
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await application.close()
    },
  }
}

/** As the console sends it: with the cookie, and what shows that it comes from our own page. */
function identified(as: string, port: number): Readonly<Record<string, string>> {
  if (as.startsWith('rfk_')) return { authorization: `Bearer ${as}` }
  return { cookie: `__Host-ringfence=${as}`, 'x-csrf-token': CSRF, origin: `https://127.0.0.1:${port}` }
}

function send(port: number, method: string, path: string, { as, body, headers = {} }: Asked = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const call = ask(
    {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: {
        ...(as === undefined ? {} : identified(as, port)),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    },
    response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.once('end', () => {
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        const parsed = isJson && text !== '' ? (JSON.parse(text) as Answer['body']) : ({} as Answer['body'])
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed })
      })
    },
  )
  call.once('error', reject)
  call.end(content)
  return promise
}

/** Of each call one message, which names who called. */
function tracesOf(records: readonly CallRecord[], id: string): readonly TraceChunk[] {
  return records
    .filter(each => each.id === id)
    .map(({ id: callId, organisationId, from, startedAt, legs }) => {
      const leg = { callId, legId: legs[0]?.id ?? newId(0), organisationId, direction: 'in' as const, number: from }
      const local = { address: '192.0.2.1', port: 5_061 }
      const remote = { address: '198.51.100.7', port: 40_000 }
      const text = `INVITE sip:102@example.com SIP/2.0\r\nFrom: <sip:${from}@example.com>\r\n\r\n`
      return { leg, messages: [{ at: startedAt, direction: 'in', protocol: 'TLS', local, remote, text }] }
    })
}
