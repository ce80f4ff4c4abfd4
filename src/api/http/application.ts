/** The HTTP interface: one table of routes behind the same guards. Nothing is answered that did not pass them in this order. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Logger } from '../../base/logger.ts'
import { inAnyNetwork, type Network, normaliseAddress } from '../../base/network.ts'
import type { EventPublisher } from '../../events/bus.ts'
import { createIdempotency, type Idempotency } from './idempotency.ts'
import { BASE, openApiDocument } from './openapi.ts'
import { type Problem, PROBLEM_TYPE, problemOf, validationProblem } from './problem.ts'
import { createRateLimit } from './rate-limit.ts'
import type { ApiError, ApiRoute, RouteInput } from './route.ts'
import type { Authenticator, Caller, Credentials, OperationsFor } from './types.ts'

export interface ApplicationOptions {
  readonly routes: readonly ApiRoute[]
  readonly authenticator: Authenticator
  readonly operationsFor: OperationsFor
  readonly events: EventPublisher
  readonly logger: Logger
  readonly version: string
  readonly now: () => number
  /** Host names and addresses, without port, that this machine answers for: others may be an attacker's name for it. */
  readonly isOwnHost: (host: string) => boolean
  /** From where people and programs may come; empty: from anywhere. */
  readonly networks: readonly Network[]
}

export interface Application {
  /** Takes a request below `/api/`. */
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const BODY_BYTES = 65_536
const PER_SECOND = { caller: 200, address: 20 }
const BURST = { caller: 400, address: 100 }
const HEADERS: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=31536000',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false, caseSensitive: true },
  })
  const guards = createGuards(options)
  app.addHook('onRequest', async (_request, reply) => void reply.headers(HEADERS))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
  app.setErrorHandler((error, _request, reply) => sendFault(error, reply, options.logger))
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problemOf({ code: 'API_UNKNOWN', message: 'there is no such path' })),
  )
  const document = JSON.stringify(openApiDocument(options.routes, options.version))
  app.get('/api/openapi.json', (request, reply) => {
    const refused = guards.outside(request)
    return refused === undefined ? reply.type('application/json').send(document) : sendError(reply, refused)
  })
  for (const route of options.routes) mount(app, route, guards, options)
  await app.ready()
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() }
}

interface Guards {
  /** Of everybody, before anything is looked at. */
  outside(request: FastifyRequest): ApiError | undefined
  /** Who asks, where the route wants to know. */
  inside(
    route: ApiRoute,
    request: FastifyRequest,
  ): Promise<{ readonly caller: Caller | undefined } | { readonly error: ApiError }>
  readonly idempotency: Idempotency
}

function createGuards({ authenticator, now, isOwnHost, networks, events }: ApplicationOptions): Guards {
  const byAddress = createRateLimit(PER_SECOND.address, BURST.address)
  const byCaller = createRateLimit(PER_SECOND.caller, BURST.caller)
  return {
    idempotency: createIdempotency(),
    outside(request) {
      const { host } = request.headers
      if (host === undefined || !isOwnHost(hostNameOf(host))) {
        return {
          code: 'API_HOST',
          message: 'this machine is not known by that name: ask for one of the names of its certificate',
        }
      }
      if (networks.length > 0 && !inAnyNetwork(addressOf(request), networks)) {
        return { code: 'API_FORBIDDEN', message: 'the administration interface is not open to your network' }
      }
      return undefined
    },
    async inside(route, request) {
      const address = addressOf(request)
      if (route.access === 'public') {
        const wait = byAddress.take(address, now())
        return wait > 0 ? { error: limited(wait) } : { caller: undefined }
      }
      const result = await authenticator.authenticate(credentialsOf(request))
      if (!result.ok) {
        // Whoever has no session cannot hide among those who have.
        const wait = byAddress.take(address, now())
        return { error: wait > 0 ? limited(wait) : result }
      }
      const { caller } = result
      const wait = byCaller.take(caller.limitedBy, now())
      if (wait > 0) return { error: limited(wait) }
      if (route.access === 'session') return caller.session === undefined ? { error: forPeople() } : { caller }
      if (!caller.permissions.has(route.access)) {
        const what = `${route.method} ${route.path}`
        if (route.method !== 'GET')
          events.publish('people.forbidden', { actor: caller.actor, what }, caller.organisationId)
        return {
          error: { code: 'API_FORBIDDEN', message: `this needs ${route.access}, which your role or key does not have` },
        }
      }
      if (route.stepUp && !caller.steppedUp) {
        return {
          error: { code: 'API_STEP_UP_NEEDED', message: 'give your second factor once more, then send this again' },
        }
      }
      return { caller }
    },
  }
}

function mount(app: FastifyInstance, route: ApiRoute, guards: Guards, options: ApplicationOptions): void {
  app.route({
    method: route.method,
    url: BASE + route.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: route.bodyLimit ?? BODY_BYTES,
    exposeHeadRoute: false,
    // Before the body is read: strangers send none.
    async onRequest(request, reply) {
      const outside = guards.outside(request)
      if (outside !== undefined) return sendError(reply, outside)
      const inside = await guards.inside(route, request)
      if ('error' in inside) return sendError(reply, inside.error)
      callers.set(request, inside.caller)
      return undefined
    },
    handler: (request, reply) => perform(route, request, reply, guards, options),
  })
}

const callers = new WeakMap<FastifyRequest, Caller | undefined>()

async function perform(
  route: ApiRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  guards: Guards,
  options: ApplicationOptions,
): Promise<FastifyReply> {
  const caller = callers.get(request)
  const checked = checkedInput(route, request)
  if ('problem' in checked) return sendProblem(reply, checked.problem)
  const operations = caller === undefined ? undefined : options.operationsFor(caller)
  const input: RouteInput = { ...checked, caller, operations, origin: originOf(request), request, reply }
  if (route.method === 'GET') return answerRead(route, input, reply)
  const changed = await changedSince(route, input, options)
  if (changed !== undefined) return sendError(reply, changed)
  const key = request.headers['idempotency-key']
  if (route.method !== 'POST' || typeof key !== 'string' || caller === undefined) {
    return answerChange(route, input, reply)
  }
  if (key.length > 255)
    return sendError(reply, {
      code: 'API_INVALID',
      message: 'Idempotency-Key: at most 255 characters',
      field: 'Idempotency-Key',
    })
  const what = JSON.stringify([route.method, request.url, request.body ?? null, caller.organisationId])
  const begun = guards.idempotency.begin(caller.actor.id ?? caller.limitedBy, key, what, options.now())
  if (begun.kind === 'answered') {
    const { status, body, type } = begun.answer
    return reply.code(status).type(type).header('idempotency-replayed', 'true').send(body)
  }
  if (begun.kind !== 'new') {
    const message =
      begun.kind === 'other'
        ? 'this Idempotency-Key was used for another request'
        : 'the first request with this key still runs'
    return sendError(reply, { code: 'API_IDEMPOTENCY_KEY', message })
  }
  return answerChange(route, input, reply, begun.done)
}

type Checked = Pick<RouteInput, 'params' | 'query' | 'body'>

function checkedInput(route: ApiRoute, request: FastifyRequest): Checked | { readonly problem: Problem } {
  const parts = { params: request.params ?? {}, query: request.query ?? {}, body: request.body }
  const params = check(route.params, parts.params, 'path')
  if ('problem' in params) return params
  const query = check(route.query, coerced(route.query, parts.query as Record<string, unknown>), 'query')
  if ('problem' in query) return query
  const body = route.body === undefined ? { value: undefined } : check(route.body, parts.body ?? {}, 'body')
  if ('problem' in body) return body
  return { params: params.value as Checked['params'], query: query.value as Checked['query'], body: body.value }
}

function check(
  schema: z.ZodType | undefined,
  value: unknown,
  where: string,
): { readonly value: unknown } | { readonly problem: Problem } {
  if (schema === undefined) {
    const names = where === 'query' ? Object.keys(value as object) : []
    if (names.length === 0) return { value: {} }
    return {
      problem: problemOf({
        code: 'API_INVALID',
        message: `${names[0]}: this takes no such parameter`,
        field: names[0]!,
      }),
    }
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? { value: parsed.data } : { problem: validationProblem(parsed.error, where) }
}

/** Texts of a query as what its schema wants: numbers and truths. */
function coerced(schema: z.ZodObject | undefined, query: Record<string, unknown>): Record<string, unknown> {
  if (schema === undefined) return query
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const type = typeof value === 'string' ? kindOf(schema, name) : undefined
      if (type === 'number' && /^-?\d+(\.\d+)?$/.test(value as string)) return [name, Number(value)]
      if (type === 'boolean' && (value === 'true' || value === 'false')) return [name, value === 'true']
      if (type === 'array') return [name, (value as string).split(',')]
      return [name, value]
    }),
  )
}

function kindOf(schema: z.ZodObject, name: string): string | undefined {
  let inner = schema.shape[name] as { readonly def?: { readonly type: string; readonly innerType?: never } } | undefined
  while (inner?.def?.innerType !== undefined) inner = inner.def.innerType
  return inner?.def?.type
}

async function answerRead(route: ApiRoute, input: RouteInput, reply: FastifyReply): Promise<FastifyReply> {
  const result = await route.handle(input)
  if (reply.sent) return reply
  if (!result.ok) return sendError(reply, result.error)
  const body = JSON.stringify(result.value)
  const tag = etagOf(body)
  reply.header('etag', tag)
  if (input.request.headers['if-none-match'] === tag) return reply.code(304).send()
  return reply.code(route.status).type('application/json').send(body)
}

async function answerChange(
  route: ApiRoute,
  input: RouteInput,
  reply: FastifyReply,
  keep: (answer: { status: number; body: string; type: string } | undefined) => void = () => undefined,
): Promise<FastifyReply> {
  let result: Awaited<ReturnType<ApiRoute['handle']>>
  try {
    result = await route.handle(input)
  } catch (error) {
    keep(undefined)
    throw error
  }
  if (reply.sent) return reply
  const problem = result.ok ? undefined : problemOf(result.error)
  const status = problem?.status ?? route.status
  const body =
    problem === undefined
      ? route.response === undefined
        ? ''
        : JSON.stringify(result.ok ? result.value : null)
      : JSON.stringify(problem)
  const type = problem === undefined ? 'application/json' : PROBLEM_TYPE
  keep(status >= 500 ? undefined : { status, body, type })
  if (!result.ok) return sendError(reply, result.error)
  if (route.response === undefined) return reply.code(204).send()
  return reply.code(status).type(type).send(body)
}

/** What `If-Match` names has to be what `GET` of the same path answers now. */
async function changedSince(
  route: ApiRoute,
  input: RouteInput,
  { routes }: ApplicationOptions,
): Promise<ApiError | undefined> {
  const wanted = input.request.headers['if-match']
  if (wanted === undefined || wanted === '*') return undefined
  const read = routes.find(each => each.method === 'GET' && each.path === route.path)
  if (read === undefined) return undefined
  const now = await read.handle({ ...input, query: {}, body: undefined })
  if (now.ok && etagOf(JSON.stringify(now.value)) === wanted) return undefined
  return { code: 'API_CHANGED', message: 'it was changed since you read it: read it again, then change it' }
}

function etagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
}

function credentialsOf(request: FastifyRequest): Credentials {
  const { headers } = request
  const one = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    method: request.method,
    ...originOf(request),
    cookie: headers.cookie,
    authorization: headers.authorization,
    csrf: one('x-csrf-token'),
    origin: headers.origin,
    fetchSite: one('sec-fetch-site'),
    organisation: one('ringfence-organisation'),
  }
}

function originOf(request: FastifyRequest) {
  return {
    address: addressOf(request),
    userAgent: request.headers['user-agent'] ?? '',
    host: request.headers.host ?? '',
  }
}

function addressOf(request: FastifyRequest): string {
  return normaliseAddress(request.socket.remoteAddress ?? '')
}

function hostNameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}

function limited(retryAfter: number): ApiError {
  return { code: 'API_RATE_LIMITED', message: `too many requests: try again in ${retryAfter} s`, retryAfter }
}

function forPeople(): ApiError {
  return { code: 'API_FORBIDDEN', message: 'this is for people who are signed in, not for keys' }
}

function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter))
  return sendProblem(reply, problemOf(error))
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}

function sendFault(error: unknown, reply: FastifyReply, logger: Logger): FastifyReply {
  const { statusCode = 500, code, message } = error as { statusCode?: number; code?: string; message: string }
  if (typeof code === 'string' && code.startsWith('STORE_')) {
    return sendProblem(reply, problemOf({ code: 'STORE_UNAVAILABLE', message: 'the database is away at the moment' }))
  }
  if (statusCode === 413)
    return sendProblem(reply, problemOf({ code: 'API_TOO_LARGE', message: 'the body is too large' }))
  if (statusCode === 415)
    return sendProblem(reply, problemOf({ code: 'API_MEDIA_TYPE', message: 'send application/json' }))
  if (statusCode < 500) return sendProblem(reply, problemOf({ code: 'API_INVALID', message, status: 400 }))
  logger.error({ detail: message }, 'a request failed')
  return sendProblem(
    reply,
    problemOf({
      code: 'OPERATION_FAILED',
      message: 'a fault of ours: the log of the machine has the details',
      status: 500,
    }),
  )
}
