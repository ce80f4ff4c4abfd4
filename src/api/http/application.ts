/** The HTTP interface: one table of routes behind the same guards. Nothing is answered that did not pass them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Network } from '../../base/network.ts'
import type { EventPublisher } from '../../events/bus.ts'
import { SECURITY_HEADERS, sendError, sendFault, sendProblem } from './answers.ts'
import { createChanges } from './change.ts'
import { etagOf, isNotModified } from './conditions.ts'
import { createGuards, type Guards, type Limits } from './guards.ts'
import { createIdempotency, createIdempotencyMemory, type IdempotencyRepository } from './idempotency.ts'
import { checkInput } from './input.ts'
import { isTooDeep } from './json-depth.ts'
import { BASE, openApiDocument } from './openapi.ts'
import { problemOf } from './problem.ts'
import { originOf } from './request-facts.ts'
import type { ApiError, ApiResult, ApiRoute, RouteInput } from './route.ts'
import type { Authenticator, Caller, OperationsFor } from './types.ts'

export interface ApplicationOptions {
  readonly routes: readonly ApiRoute[]
  readonly authenticator: Authenticator
  readonly operationsFor: OperationsFor
  readonly events: EventPublisher
  readonly logger: Logger
  readonly version: string
  readonly clock: Clock
  /** Host names and addresses, without port, that this machine answers for: others may be an attacker's name for it. */
  readonly isOwnHost: (host: string) => boolean
  /** From where people and programs may come; empty: from anywhere. */
  readonly networks: readonly Network[]
  /** Default: in memory. */
  readonly idempotency?: IdempotencyRepository
  readonly limits?: Limits
  /** Milliseconds that a request may take. Default 60,000. */
  readonly timeout?: number
}

export interface Application {
  /** Takes a request below `/api/`. */
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const NO_PATH = problemOf({ code: 'API_UNKNOWN', message: 'there is no such path' })
const BODY_BYTES = 65_536
const TIMEOUT_MS = 60_000

export async function createApplication(options: ApplicationOptions): Promise<Application> {
  const { routes, version, logger } = options
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
    // A path that cannot be read is none; hooks have not run.
    frameworkErrors: (_error, _request, reply) => {
      reply.headers(SECURITY_HEADERS)
      sendProblem(reply, NO_PATH)
    },
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false, caseSensitive: true },
  })
  const guards = createGuards({ ...options, now: () => options.clock.now() })
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    const refused = guards.outside(request)
    return refused === undefined ? undefined : refuseUnread(request, reply, refused)
  })
  readOnlyJson(app)
  app.setErrorHandler((error, _request, reply) => sendFault(error, reply, logger))
  app.setNotFoundHandler((request, reply) => sendNotFound(routes, guards, request, reply))
  const document = JSON.stringify(openApiDocument(routes, version))
  app.get('/api/openapi.json', (request, reply) => {
    const refused = guards.stranger(request)
    return refused === undefined ? sendRead(request, reply, document) : sendError(reply, refused)
  })
  mountAll(app, guards, options)
  await app.ready()
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() }
}

/** Bodies are JSON, of a bounded depth, and name no prototype. */
function readOnlyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body)
    if (text === '') return done(null, undefined)
    if (isTooDeep(text))
      return done(Object.assign(new Error('the body nests too deep'), { statusCode: 400 }), undefined)
    return parse(request, text, done)
  })
}

const callers = new WeakMap<FastifyRequest, Caller | undefined>()

function mountAll(app: FastifyInstance, guards: Guards, options: ApplicationOptions): void {
  const { routes, clock, idempotency = createIdempotencyMemory(), timeout = TIMEOUT_MS } = options
  const run = (route: ApiRoute, input: RouteInput): Promise<ApiResult> => inTime(clock, timeout, route, input)
  const change = createChanges({ routes, idempotency: createIdempotency(idempotency, () => clock.now()), run })
  for (const route of routes) {
    app.route({
      method: route.method,
      url: BASE + pathOf(route, name => `:${name}`),
      bodyLimit: route.bodyLimit ?? BODY_BYTES,
      exposeHeadRoute: false,
      // Before the body is read: strangers send none.
      async onRequest(request, reply) {
        const admission = await guards.inside(route, request)
        if (!admission.ok) return refuseUnread(request, reply, admission.error)
        callers.set(request, admission.caller)
        return undefined
      },
      async handler(request, reply) {
        const checked = checkInput(route, request)
        if (!checked.ok) return sendProblem(reply, checked.problem)
        const caller = callers.get(request)
        const operations = caller === undefined ? undefined : options.operationsFor(caller)
        const isStillAllowed = (): Promise<boolean> => guards.again(route, request)
        const input = {
          ...checked.value,
          caller,
          operations,
          origin: originOf(request),
          request,
          reply,
          isStillAllowed,
        }
        if (route.method !== 'GET') return change(route, input, reply)
        const result = await run(route, input)
        if (reply.sent) return reply
        return result.ok ? sendRead(request, reply, JSON.stringify(result.value)) : sendError(reply, result.error)
      },
    })
  }
}

/** Whoever is refused before their body is read does not go on sending it. */
function refuseUnread(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if ((length !== undefined && length !== '0') || encoding !== undefined) reply.header('connection', 'close')
  return sendError(reply, error)
}

function sendRead(request: FastifyRequest, reply: FastifyReply, body: string): FastifyReply {
  const tag = etagOf(body)
  reply.header('etag', tag)
  if (isNotModified(request.headers['if-none-match'], tag)) return reply.code(304).send()
  return reply.type('application/json').send(body)
}

/** What streams has its own time. */
async function inTime(clock: Clock, limit: number, route: ApiRoute, input: RouteInput): Promise<ApiResult> {
  const { promise, resolve } = Promise.withResolvers<ApiResult>()
  const timer = clock.schedule(limit, () => {
    if (input.reply.sent) return
    const message = 'it took too long; look whether it was done before you send it again'
    resolve({ ok: false, error: { code: 'API_TIMEOUT', message } })
  })
  return Promise.race([route.handle(input), promise]).finally(() => timer.cancel())
}

function pathOf({ path }: ApiRoute, parameter: (name: string) => string): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => parameter(name))
}

function sendNotFound(
  routes: readonly ApiRoute[],
  guards: Guards,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const refused = guards.stranger(request)
  if (refused !== undefined) return sendError(reply, refused)
  const path = request.url.replace(/\?.*$/, '')
  const there = routes.filter(route => new RegExp(`^${BASE}${pathOf(route, () => '[^/]+')}$`).test(path))
  if (there.length === 0)
    return sendProblem(reply, problemOf({ code: 'API_UNKNOWN', message: 'there is no such path' }))
  const methods = there.map(route => route.method)
  reply.header('allow', methods.join(', '))
  return sendProblem(reply, problemOf({ code: 'API_METHOD', message: `this path has ${methods.join(', ')}` }))
}
