/** Ways in, the session, and one's own factors. */
import { z } from 'zod'
import { permissionsOf } from '../../../identity/roles.ts'
import type { PasskeyId, SessionId } from '../../../base/ids.ts'
import type { Result } from '../../../base/result.ts'
import {
  type FactorsView,
  type Identity,
  type IdentityRefusal,
  PERMISSIONS,
  ROLES,
  type Session,
  type SignedIn,
} from '../../../identity/types.ts'
import { endedCookie, sessionCookie, tokenOf } from '../cookie.ts'
import { type ApiResult, type ApiRoute, plainRoute, type RouteInput } from '../route.ts'
import { textAsSvg } from '../../qr-code.ts'

export interface SessionRoutesOptions {
  readonly identity: Identity
  readonly organisations: () => readonly { readonly id: string; readonly name: string; readonly domain: string }[]
}

const text = z.string().max(256)
const ceremony = z.string().max(4_096)
const time = z.int()
const ceremonyAnswer = z.object({ ceremony: z.string(), options: z.looseObject({}) })
const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()).describe('shown once') })
const passkeyResponse = z.looseObject({ id: z.string().max(2_048), response: z.looseObject({}) })

const personSchema = z.object({
  id: z.string(),
  organisationId: z.string().nullable(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  extension: z.string().nullable(),
  state: z.enum(['invited', 'active', 'suspended']),
})

const sessionSchema = z.object({
  person: personSchema,
  organisation: z.object({ id: z.string(), name: z.string(), domain: z.string() }),
  installation: z.boolean(),
  permissions: z.array(z.enum(PERMISSIONS)),
  csrf: z.string().describe('send it as X-CSRF-Token with every change'),
  steppedUpUntil: time,
  idleUntil: time,
  until: time,
  method: z.string(),
  mustEnrol: z.boolean(),
})

export const factorsSchema = z.object({
  passkeys: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      createdAt: time,
      lastUsedAt: time.nullable(),
      backedUp: z.boolean(),
    }),
  ),
  password: z.object({ changedAt: time }).nullable(),
  totp: z.object({ createdAt: time }).nullable(),
  recoveryCodesLeft: z.int(),
})

export const sessionViewSchema = z.object({
  id: z.string(),
  personId: z.string(),
  method: z.string(),
  address: z.string(),
  userAgent: z.string(),
  createdAt: time,
  lastSeenAt: time,
  until: time,
})

/** What only a signed-in person reaches. */
export function sessionOf({ caller }: RouteInput): Session {
  const session = caller?.session
  if (session === undefined) throw new Error('the route is for people')
  return session
}

export function sessionRoutes(options: SessionRoutesOptions): readonly ApiRoute[] {
  return [...waysIn(options), ...enrolment(options), ...ownSession(options), ...ownFactors(options.identity)]
}

function waysIn(options: SessionRoutesOptions): readonly ApiRoute[] {
  const { identity } = options
  const route = (
    path: string,
    summary: string,
    body: z.ZodType,
    handle: ApiRoute['handle'],
    response: z.ZodType = sessionSchema,
  ) => plainRoute({ method: 'POST', path, summary, tag: 'Sign in', access: 'public', body, response, handle })
  return [
    route(
      '/auth/passkey/begin',
      'Begin to sign in with a passkey',
      z.strictObject({}),
      async ({ origin }) => identity.beginPasskey(origin),
      ceremonyAnswer,
    ),
    route(
      '/auth/passkey/finish',
      'Sign in with a passkey',
      z.strictObject({ ceremony, response: passkeyResponse }),
      async input => enterAnew(options, input, await identity.signInPasskey(input.body as never, input.origin)),
    ),
    route(
      '/auth/password',
      'Sign in with a password and a code, together',
      z.strictObject({ email: text, password: z.string().max(1_024), code: z.string().max(64) }),
      async input => enterAnew(options, input, await identity.signInPassword(input.body as never, input.origin)),
    ),
  ]
}

function enrolment(options: SessionRoutesOptions): readonly ApiRoute[] {
  const { identity } = options
  const route = (path: string, summary: string, body: z.ZodType, response: z.ZodType, handle: ApiRoute['handle']) =>
    plainRoute({ method: 'POST', path, summary, tag: 'Enrolment', access: 'public', body, response, handle })
  const token = z.string().regex(/^[\w-]{43}$/, 'is not the token of a link')
  return [
    route(
      '/enrolment/open',
      'Open the link of an invitation',
      z.strictObject({ token, email: text.optional(), name: text.optional() }),
      z.object({
        enrolment: z.string(),
        person: personSchema,
        passkey: z.looseObject({}),
        totp: z.object({ secret: z.string(), uri: z.string(), qr: z.string().describe('SVG') }),
        expiresAt: time,
        recovery: z.boolean(),
        needsName: z.boolean(),
      }),
      async ({ body, origin }) => {
        const asked = body as { token: string; email?: string; name?: string }
        const { email, name } = asked
        const who = email === undefined || name === undefined ? undefined : { email, name }
        const result = await identity.openEnrolment(asked.token, origin, who)
        if (!result.ok) return result
        const { person, totp, ...rest } = result.value
        return { ok: true, value: { ...rest, person: personView(person), totp: { ...totp, qr: textAsSvg(totp.uri) } } }
      },
    ),
    route(
      '/enrolment/passkey',
      'Enrol with a passkey',
      z.strictObject({ enrolment: ceremony, response: passkeyResponse, label: text }),
      sessionSchema,
      async input => enterAnew(options, input, await identity.enrolPasskey(input.body as never, input.origin)),
    ),
    route(
      '/enrolment/password',
      'Enrol with a password and an authenticator',
      z.strictObject({ enrolment: ceremony, password: z.string().max(1_024), code: z.string().max(16) }),
      sessionSchema.extend(recoveryCodes.shape),
      async input => {
        const result = await identity.enrolPassword(input.body as never, input.origin)
        const entered = await enterAnew(options, input, result)
        if (!result.ok || !entered.ok) return entered
        return { ok: true, value: { ...(entered.value as object), recoveryCodes: result.value.recoveryCodes } }
      },
    ),
  ]
}

/** Somebody signs in: the session that this browser had before is over. */
async function enterAnew(
  options: SessionRoutesOptions,
  input: RouteInput,
  result: Result<SignedIn, IdentityRefusal>,
): Promise<ApiResult> {
  const token = result.ok ? tokenOf(input.request.headers.cookie) : undefined
  const before = token === undefined ? undefined : await options.identity.session(token, input.origin, true)
  if (before !== undefined) await options.identity.signOut(before)
  return enter(options, input, result)
}

/** A session begins, or is proved anew: a cookie that was there before is another session's, and goes. */
function enter(
  options: SessionRoutesOptions,
  { reply }: RouteInput,
  result: Result<SignedIn, IdentityRefusal>,
): ApiResult {
  if (!result.ok) return result
  reply.header('set-cookie', sessionCookie(result.value.token.reveal()))
  return { ok: true, value: sessionView(options, result.value.session) }
}

function ownSession(options: SessionRoutesOptions): readonly ApiRoute[] {
  const { identity } = options
  const route = (
    method: ApiRoute['method'],
    path: string,
    summary: string,
    more: Partial<ApiRoute> & Pick<ApiRoute, 'handle'>,
  ) => plainRoute({ method, path, summary, tag: 'Session', access: 'session', ...more })
  return [
    route('GET', '/session', 'Who is signed in, and what they may do', {
      response: sessionSchema,
      handle: async input => {
        const view = sessionView(options, sessionOf(input), input.caller?.organisationId)
        return { ok: true, value: view }
      },
    }),
    route('POST', '/auth/sign-out', 'End this session', {
      status: 204,
      async handle(input) {
        await identity.signOut(sessionOf(input))
        input.reply.header('set-cookie', endedCookie())
        input.reply.header('clear-site-data', '"cache", "storage"')
        return { ok: true, value: undefined }
      },
    }),
    route('POST', '/session/step-up/begin', 'Begin to give the second factor once more', {
      response: z.object({ ceremony: z.string().nullable(), options: z.looseObject({}).nullable(), totp: z.boolean() }),
      async handle(input) {
        const result = await identity.beginStepUp(sessionOf(input))
        if (!result.ok) return result
        const { ceremony: begun, totp } = result.value
        return { ok: true, value: { ceremony: begun?.ceremony ?? null, options: begun?.options ?? null, totp } }
      },
    }),
    route('POST', '/session/step-up/finish', 'Give the second factor once more', {
      body: z.union([
        z.strictObject({ ceremony, response: passkeyResponse }),
        z.strictObject({ code: z.string().max(16) }),
      ]),
      response: sessionSchema,
      async handle(input) {
        const result = await identity.stepUp(sessionOf(input), input.body as never, input.origin)
        return enter(options, input, result)
      },
    }),
    route('GET', '/me/sessions', 'Where one is signed in', {
      response: z.object({
        items: z.array(sessionViewSchema.extend({ current: z.boolean().describe('the one that asks') })),
        next: z.null(),
      }),
      async handle(input) {
        const own = sessionOf(input)
        const items = await identity.sessions(ownAsker(own), own.person.id)
        return { ok: true, value: { items: items.map(each => ({ ...each, current: each.id === own.id })), next: null } }
      },
    }),
    route('DELETE', '/me/sessions/{id}', 'Sign out elsewhere', {
      params: z.object({ id: text }),
      status: 204,
      handle: input => identity.revoke(ownAsker(sessionOf(input)), input.params['id'] as SessionId),
    }),
  ]
}

function ownFactors(identity: Identity): readonly ApiRoute[] {
  const route = (
    method: ApiRoute['method'],
    path: string,
    summary: string,
    more: Partial<ApiRoute> & Pick<ApiRoute, 'handle'>,
  ) => plainRoute({ method, path, summary, tag: 'Own factors', access: 'session', ...more })
  const factors = async (input: RouteInput): Promise<ApiResult> => {
    const result = await identity.factors(sessionOf(input))
    return result.ok ? { ok: true, value: factorsOf(result.value) } : result
  }
  return [
    route('GET', '/me/factors', 'Passkeys, password, codes', { response: factorsSchema, handle: factors }),
    route('POST', '/me/passkeys/begin', 'Begin to add a passkey', {
      response: ceremonyAnswer,
      handle: input => identity.beginAddPasskey(sessionOf(input)),
    }),
    route('POST', '/me/passkeys', 'Add a passkey', {
      status: 201,
      body: z.strictObject({ ceremony, response: passkeyResponse, label: text }),
      response: factorsSchema,
      async handle(input) {
        const result = await identity.addPasskey(sessionOf(input), input.body as never)
        return result.ok ? factors(input) : result
      },
    }),
    route('DELETE', '/me/passkeys/{id}', 'Remove a passkey', {
      params: z.object({ id: text }),
      status: 204,
      handle: input => identity.removePasskey(sessionOf(input), input.params['id'] as PasskeyId),
    }),
    route('POST', '/me/totp/begin', 'Begin to set up an authenticator', {
      response: z.object({ setup: z.string(), secret: z.string(), uri: z.string(), qr: z.string().describe('SVG') }),
      async handle(input) {
        const result = await identity.beginTotp(sessionOf(input))
        return result.ok ? { ok: true, value: { ...result.value, qr: textAsSvg(result.value.uri) } } : result
      },
    }),
    route('POST', '/me/password', 'Set the password, with a new authenticator or the one that is there', {
      body: z.strictObject({ password: z.string().max(1_024), setup: ceremony.optional(), code: z.string().max(16) }),
      response: recoveryCodes,
      handle: input => identity.setPassword(sessionOf(input), input.body as never),
    }),
    route('DELETE', '/me/password', 'Go without password and authenticator: passkeys only', {
      status: 204,
      handle: input => identity.removePassword(sessionOf(input)),
    }),
    route('POST', '/me/recovery-codes', 'New recovery codes; the old ones are void', {
      response: recoveryCodes,
      handle: input => identity.newRecoveryCodes(sessionOf(input)),
    }),
  ]
}

function ownAsker({ person, id }: Session) {
  const actor = { kind: 'person', name: person.email, id: person.id, session: id } as const
  return { actor, organisationId: person.organisationId, role: person.role }
}

export function factorsOf({ passkeys, password, totp, recoveryCodesLeft }: FactorsView) {
  return {
    passkeys: passkeys.map(each => ({ ...each, lastUsedAt: each.lastUsedAt ?? null })),
    password: password ?? null,
    totp: totp ?? null,
    recoveryCodesLeft,
  }
}

export function personView({ id, organisationId, email, name, role, extension, state }: Session['person']) {
  return { id, organisationId: organisationId ?? null, email, name, role, extension: extension ?? null, state }
}

function sessionView({ organisations }: SessionRoutesOptions, session: Session, chosen?: string) {
  const { person, csrf, steppedUpUntil, idleUntil, until, method, mustEnrol } = session
  const all = organisations()
  const organisation = all.find(each => each.id === (chosen ?? person.organisationId)) ?? all[0]
  const permissions = mustEnrol ? [] : [...permissionsOf(person.role, person.organisationId === undefined)]
  return {
    person: personView(person),
    organisation:
      organisation === undefined ? null : { id: organisation.id, name: organisation.name, domain: organisation.domain },
    installation: person.organisationId === undefined,
    permissions,
    csrf,
    steppedUpUntil,
    idleUntil,
    until,
    method,
    mustEnrol,
  }
}
