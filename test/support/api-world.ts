/** The HTTP interface over two organisations in memory, with somebody of each role in both, and a provider over them. */
import assert from 'node:assert/strict'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Application, type ApplicationOptions, createApplication } from '../../src/api/http/application.ts'
import { httpRoutes } from '../../src/api/http/routes/index.ts'
import type { Caller } from '../../src/api/http/types.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { newId, type OrganisationId } from '../../src/base/ids.ts'
import type { CallRecord, CallRecordRepository } from '../../src/call/call-record.ts'
import { openFraudParts } from '../../src/composition/fraud-parts.ts'
import type { OperationsOptions } from '../../src/composition/operations.ts'
import { createOperationsFor } from '../../src/composition/operations-for.ts'
import { createDirectoryService } from '../../src/directory/directory-service.ts'
import { createFakeRepository } from '../../src/directory/fake-repository.ts'
import { createEventBus } from '../../src/events/bus.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import type { EventLog } from '../../src/events/event-log.ts'
import { createBudgets } from '../../src/fraud/budget/budgets.ts'
import { createFakeFraudRepository } from '../../src/fraud/fake-repository.ts'
import { ALL_RULES } from '../../src/fraud/rules/index.ts'
import { createFakeIdentityRepository } from '../../src/identity/fake-repository.ts'
import { createIdentity } from '../../src/identity/identity.ts'
import { permissionsOf } from '../../src/identity/roles.ts'
import type { Role, Session } from '../../src/identity/types.ts'
import { createSealer } from '../../src/keys/sealer.ts'
import { randomBytes } from '../../src/base/random.ts'

export const OPERATOR = { kind: 'operator', name: 'test' } as const
export const NOON = Date.UTC(2026, 10, 23, 11)

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // Tests look into it by name.
  readonly body: Record<string, never>
}

export interface Asked {
  /** Name of the caller; left out: nobody. */
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type ApiWorld = Awaited<ReturnType<typeof apiWorld>>

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

export async function apiWorld(more: Partial<ApplicationOptions> = {}) {
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
  const identity = createIdentity({
    repository: createFakeIdentityRepository(),
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
    bus,
    clock,
    actor: OPERATOR,
    outboundProxy: 'sip:192.0.2.1:5061;transport=tls',
    ca: '/ca.pem',
    live: undefined,
    fraud,
    identity,
  }
  const callers = new Map<string, Caller>()
  const routes =
    more.routes ??
    httpRoutes({
      identity,
      organisations: () => directory.organisations().toSorted((a, b) => a.createdAt - b.createdAt),
      addOrganisation: (input, asker) => directory.addOrganisation(input, asker.actor),
    })
  const application = await createApplication({
    routes,
    authenticator: {
      async authenticate({ authorization, organisation }) {
        const caller = callers.get(String(authorization).replace('Bearer ', ''))
        if (caller === undefined) {
          return { ok: false, status: 401, code: 'API_UNAUTHENTICATED', message: 'sign in first' }
        }
        if (organisation === undefined || organisation === caller.organisationId) return { ok: true, caller }
        const chosen = directory.organisations().find(each => each.id === organisation)
        if (!caller.installation || chosen === undefined) {
          return { ok: false, status: 404, code: 'API_UNKNOWN', message: 'there is no such organisation' }
        }
        return { ok: true, caller: { ...caller, organisationId: chosen.id } }
      },
    },
    operationsFor: createOperationsFor(options),
    events: bus,
    logger: quiet,
    version: '0.0.0',
    clock,
    isOwnHost: host => host === '127.0.0.1',
    networks: [],
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
    callers,
    routes,
    options,
    port: server.port,
    organisations: { one: directory.primary.id, two: added.value.id },
    /** Somebody with this role. Undefined organisation: of the whole installation. */
    enter(name: string, role: Role, organisationId: OrganisationId | undefined, more: Partial<Caller> = {}): Caller {
      const caller = callerOf(name, role, organisationId, directory.primary.id, clock.now())
      callers.set(name, { ...caller, ...more })
      return { ...caller, ...more }
    },
    ask: (method: string, path: string, asked?: Asked) => send(server.port, method, path, asked),
    close: server.close,
  }
}

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined } as never

function callerOf(
  name: string,
  role: Role,
  organisationId: OrganisationId | undefined,
  first: OrganisationId,
  now: number,
): Caller {
  const id = newId<'PersonId'>(now)
  const permissions = permissionsOf(role, organisationId === undefined)
  const origin = { address: '127.0.0.1', userAgent: 'test', host: '127.0.0.1' }
  const person = {
    id,
    organisationId,
    email: `${name}@example.org`,
    name,
    role,
    extension: undefined,
    state: 'active' as const,
    createdAt: now,
    lastSignInAt: now,
  }
  const session: Session = {
    id: newId<'SessionId'>(now),
    person,
    permissions,
    method: 'passkey',
    createdAt: now,
    idleUntil: now + 900_000,
    until: now + 43_200_000,
    steppedUpUntil: now + 300_000,
    mustEnrol: false,
    csrf: 'token',
    origin,
  }
  return {
    actor: { kind: 'person', name: person.email, id, address: origin.address, session: session.id },
    organisationId: organisationId ?? first,
    installation: organisationId === undefined,
    permissions,
    steppedUp: true,
    role,
    personId: id,
    extension: undefined,
    session,
    limitedBy: `session ${session.id}`,
  }
}

async function listen(application: Application): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => application.handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await application.close()
    },
  }
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
        ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
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
