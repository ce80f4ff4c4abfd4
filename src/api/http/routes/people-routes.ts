/** People, their sessions, keys of programs, organisations. */
import { z } from 'zod'
import type { ApiKeyId, OrganisationId, PersonId, SessionId } from '../../../base/ids.ts'
import { permissionsOf } from '../../../identity/roles.ts'
import {
  type ApiKeyView,
  type Asker,
  type Identity,
  type Invitation,
  type NewApiKey,
  type NewPerson,
  PERMISSIONS,
  type PersonView,
  ROLES,
} from '../../../identity/types.ts'
import type { ApiResult, ApiRoute, RouteInput } from '../route.ts'
import { pageByName, pageQuery, readPage, wrongCursor } from '../page.ts'
import { pageOf, plainRoute } from '../route.ts'
import { factorsOf, factorsSchema, personView, sessionOf, sessionViewSchema } from './session-routes.ts'

export interface PeopleRoutesOptions {
  readonly identity: Identity
  readonly organisations: () => readonly {
    readonly id: OrganisationId
    readonly name: string
    readonly domain: string
    readonly createdAt: number
  }[]
  readonly addOrganisation: (
    input: { readonly name: string; readonly domain: string },
    asker: Asker,
  ) => Promise<ApiResult>
}

const text = z.string().max(256)
const reason = z.string().min(1).max(500)
const time = z.int()
const id = z.object({ id: text })
const role = z.enum(ROLES)

const person = z.object({
  id: z.string(),
  organisationId: z.string().nullable(),
  email: z.string(),
  name: z.string(),
  role,
  extension: z.string().nullable(),
  state: z.enum(['invited', 'active', 'suspended']),
  createdAt: time,
  lastSignInAt: time.nullable(),
  factors: factorsSchema,
  sessions: z.int(),
})

const invitation = z.object({
  id: z.string(),
  email: z.string(),
  url: z.string().describe('works once; shown once'),
  expiresAt: time,
})

const apiKey = z.object({
  id: z.string(),
  organisationId: z.string().nullable(),
  name: z.string(),
  scopes: z.array(z.enum(PERMISSIONS)),
  networks: z.array(z.string()),
  createdAt: time,
  createdBy: z.string(),
  expiresAt: time,
  lastUsedAt: time.nullable(),
})

const organisation = z.object({ id: z.string(), name: z.string(), domain: z.string(), createdAt: time })

export function peopleRoutes(options: PeopleRoutesOptions): readonly ApiRoute[] {
  return [...people(options), ...sessions(options), ...apiKeys(options), ...organisations(options)]
}

function askerOf(input: RouteInput): Asker {
  const { person: own } = sessionOf(input)
  const caller = input.caller!
  // Somebody of the whole installation who chose an organisation still sees everybody.
  return { actor: caller.actor, organisationId: own.organisationId, role: own.role }
}

/** Readers may be programs. */
function readerOf({ caller }: RouteInput): Asker {
  if (caller === undefined) throw new Error('the route is not public')
  const organisationId = caller.installation ? undefined : caller.organisationId
  return { actor: caller.actor, organisationId, role: caller.role ?? 'auditor' }
}

function people({ identity }: PeopleRoutesOptions): readonly ApiRoute[] {
  const route = (
    method: ApiRoute['method'],
    path: string,
    summary: string,
    more: Partial<ApiRoute> & Pick<ApiRoute, 'handle'>,
  ) => {
    const isRead = method === 'GET'
    return plainRoute({
      method,
      path,
      summary,
      tag: 'People',
      access: isRead ? 'people:read' : 'people:write',
      stepUp: !isRead,
      ...more,
    })
  }
  const idOf = (input: RouteInput): PersonId => input.params['id'] as PersonId
  const view = (result: Awaited<ReturnType<Identity['change']>>): ApiResult =>
    result.ok ? { ok: true, value: viewOf(result.value) } : result
  return [
    route('GET', '/people', 'People', {
      query: z.strictObject(pageQuery),
      response: pageOf(person),
      async handle(input) {
        const asked = readPage(input.query)
        if (asked === undefined) return wrongCursor()
        return pageByName((await identity.people(readerOf(input))).map(viewOf), asked, each => each.email)
      },
    }),
    route('POST', '/people', 'Invite somebody', {
      status: 201,
      body: z.strictObject({
        email: text,
        name: text,
        role,
        extension: text.optional(),
        organisationId: z
          .string()
          .max(64)
          .nullable()
          .optional()
          .describe('null: of the whole installation; left out: as yourself'),
      }),
      response: invitation,
      async handle(input) {
        const asker = askerOf(input)
        const { organisationId, ...asked } = input.body as Omit<NewPerson, 'organisationId'> & {
          organisationId?: OrganisationId | null
        }
        const where = organisationId === undefined ? asker.organisationId : (organisationId ?? undefined)
        return linkOf(await identity.invite(asker, { ...asked, organisationId: where }))
      },
    }),
    route('GET', '/people/{id}', 'One person', {
      params: id,
      response: person,
      async handle(input) {
        const found = await identity.person(readerOf(input), idOf(input))
        if (found !== undefined) return { ok: true, value: viewOf(found) }
        return { ok: false, error: { code: 'PEOPLE_UNKNOWN', message: 'there is no such person' } }
      },
    }),
    route('PATCH', '/people/{id}', 'Change name, role or extension', {
      params: id,
      body: z.strictObject({ name: text.optional(), role: role.optional(), extension: text.nullable().optional() }),
      response: person,
      handle: async input => view(await identity.change(askerOf(input), idOf(input), input.body as never)),
    }),
    route('DELETE', '/people/{id}', 'Remove somebody', {
      params: id,
      status: 204,
      handle: input => identity.remove(askerOf(input), idOf(input)),
    }),
    route('POST', '/people/{id}/invitation', 'A new link: for who lost theirs, or all their devices', {
      params: id,
      body: z.strictObject({ reason }),
      response: invitation,
      handle: async input => linkOf(await identity.reinvite(askerOf(input), idOf(input), reasonOf(input))),
    }),
    route('POST', '/people/{id}/suspend', 'Nobody signs in as them', {
      params: id,
      body: z.strictObject({ reason }),
      response: person,
      handle: async input => view(await identity.suspend(askerOf(input), idOf(input), reasonOf(input))),
    }),
    route('POST', '/people/{id}/restore', 'They may sign in again', {
      params: id,
      body: z.strictObject({ reason }),
      response: person,
      handle: async input => view(await identity.restore(askerOf(input), idOf(input), reasonOf(input))),
    }),
  ]
}

function reasonOf({ body }: RouteInput): string {
  return (body as { readonly reason: string }).reason
}

function linkOf(
  result: { readonly ok: true; readonly value: Invitation } | Extract<ApiResult, { ok: false }>,
): ApiResult {
  if (!result.ok) return result
  const { person: invited, url, expiresAt } = result.value
  return { ok: true, value: { id: invited.id, email: invited.email, url, expiresAt } }
}

function viewOf({ factors, sessions: count, createdAt, lastSignInAt, ...rest }: PersonView) {
  return {
    ...personView(rest as never),
    createdAt,
    lastSignInAt: lastSignInAt ?? null,
    factors: factorsOf(factors),
    sessions: count,
  }
}

function sessions({ identity }: PeopleRoutesOptions): readonly ApiRoute[] {
  return [
    plainRoute({
      method: 'GET',
      path: '/sessions',
      summary: 'Who is signed in, and from where',
      tag: 'People',
      access: 'people:read',
      query: z.strictObject(pageQuery),
      response: pageOf(sessionViewSchema),
      async handle(input) {
        const asked = readPage(input.query)
        if (asked === undefined) return wrongCursor()
        return pageByName(await identity.sessions(readerOf(input)), asked, each => each.id)
      },
    }),
    plainRoute({
      method: 'DELETE',
      path: '/sessions/{id}',
      summary: 'Sign somebody out',
      tag: 'People',
      access: 'people:write',
      stepUp: true,
      params: id,
      status: 204,
      handle: input => identity.revoke(askerOf(input), input.params['id'] as SessionId),
    }),
  ]
}

function apiKeys({ identity }: PeopleRoutesOptions): readonly ApiRoute[] {
  const access = 'api-keys:write'
  const keyView = (key: ApiKeyView) => ({
    ...key,
    organisationId: key.organisationId ?? null,
    lastUsedAt: key.lastUsedAt ?? null,
  })
  return [
    plainRoute({
      method: 'GET',
      path: '/api-keys',
      summary: 'Keys of programs',
      tag: 'API keys',
      access: 'people:read',
      query: z.strictObject(pageQuery),
      response: pageOf(apiKey),
      async handle(input) {
        const asked = readPage(input.query)
        if (asked === undefined) return wrongCursor()
        return pageByName((await identity.apiKeys(readerOf(input))).map(keyView), asked, each => each.id)
      },
    }),
    plainRoute({
      method: 'POST',
      path: '/api-keys',
      summary: 'Make a key; its secret is shown once',
      tag: 'API keys',
      access,
      stepUp: true,
      status: 201,
      body: z.strictObject({
        name: text,
        scopes: z.array(z.enum(PERMISSIONS)).min(1).max(PERMISSIONS.length),
        networks: z.array(z.string().max(64)).max(64).default([]),
        expiresAt: time,
        organisationId: z.string().max(64).nullable().optional(),
      }),
      response: apiKey.extend({ secret: z.string() }),
      async handle(input) {
        const asker = askerOf(input)
        const { organisationId, ...asked } = input.body as Omit<NewApiKey, 'organisationId'> & {
          organisationId?: OrganisationId | null
        }
        const where = organisationId === undefined ? asker.organisationId : (organisationId ?? undefined)
        const { person: maker } = sessionOf(input)
        const permissions = permissionsOf(maker.role, maker.organisationId === undefined)
        const result = await identity.addApiKey(asker, permissions, {
          ...(asked as object),
          organisationId: where,
        } as never)
        if (!result.ok) return result
        return { ok: true, value: { ...keyView(result.value.key), secret: result.value.secret.reveal() } }
      },
    }),
    plainRoute({
      method: 'DELETE',
      path: '/api-keys/{id}',
      summary: 'Void a key',
      tag: 'API keys',
      access,
      stepUp: true,
      params: id,
      status: 204,
      handle: input => identity.removeApiKey(askerOf(input), input.params['id'] as ApiKeyId),
    }),
  ]
}

function organisations({ organisations: all, addOrganisation }: PeopleRoutesOptions): readonly ApiRoute[] {
  return [
    plainRoute({
      method: 'GET',
      path: '/organisations',
      summary: 'Organisations on this installation',
      tag: 'Organisations',
      access: 'organisations:read',
      query: z.strictObject(pageQuery),
      response: pageOf(organisation),
      async handle({ query }) {
        const asked = readPage(query)
        if (asked === undefined) return wrongCursor()
        const items = all().map(({ id: key, name, domain, createdAt }) => ({ id: key, name, domain, createdAt }))
        return pageByName(items, asked, each => each.domain)
      },
    }),
    plainRoute({
      method: 'POST',
      path: '/organisations',
      summary: 'Add an organisation with its own SIP domain',
      tag: 'Organisations',
      access: 'organisations:write',
      stepUp: true,
      status: 201,
      body: z.strictObject({ name: text, domain: text }),
      response: organisation,
      handle: input => addOrganisation(input.body as never, askerOf(input)),
    }),
  ]
}
