/** A change: compared with what its asker read, done once for each key, one after another where it replaces something. */
import type { FastifyReply } from 'fastify'
import { refuseChanged } from './conditions.ts'
import type { Begun, Idempotency, KeptAnswer } from './idempotency.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { headerOf } from './request-facts.ts'
import type { ApiError, ApiResult, ApiRoute, RouteInput } from './route.ts'
import { sendError } from './answers.ts'

export interface ChangeContext {
  readonly routes: readonly ApiRoute[]
  readonly idempotency: Idempotency
  /** Handles it within the time that a request has. */
  readonly run: (route: ApiRoute, input: RouteInput) => Promise<ApiResult>
}

type Keep = (answer: KeptAnswer | undefined) => Promise<void>

const SAME_KEY = /^[\x21-\x7e]{1,255}$/
const unkept: Keep = async () => undefined

export function createChanges(context: ChangeContext) {
  const inTurn = createTurns()
  return async (route: ApiRoute, input: RouteInput, reply: FastifyReply): Promise<FastifyReply> => {
    const { caller, request } = input
    if (route.method === 'POST') {
      const begun = await beginOnce(context, route, input)
      if (begun === undefined) return answer(context, route, input, reply, unkept)
      if (begun.kind === 'new') return answer(context, route, input, reply, begun.done)
      return replay(begun, reply)
    }
    // Between the comparison and the change nobody else changes the same.
    return inTurn(caller?.organisationId ?? '', async () => {
      const read = context.routes.find(each => each.method === 'GET' && each.path === route.path)
      const changed = await refuseChanged(request.headers['if-match'], read, input)
      return changed === undefined ? answer(context, route, input, reply, unkept) : sendError(reply, changed)
    })
  }
}

type Once = Begun | { readonly kind: 'refused'; readonly error: ApiError }

async function beginOnce(
  { idempotency }: ChangeContext,
  route: ApiRoute,
  { caller, request }: RouteInput,
): Promise<Once | undefined> {
  if (request.headers['idempotency-key'] === undefined || caller === undefined || route.neverKept === true) {
    return undefined
  }
  const key = headerOf(request, 'idempotency-key')
  if (key === undefined || !SAME_KEY.test(key)) {
    const field = 'Idempotency-Key'
    const message = `${field}: 1 to 255 visible characters without spaces, best a fresh UUID`
    return { kind: 'refused', error: { code: 'API_INVALID', message, field } }
  }
  const what = JSON.stringify([route.method, request.url, request.body ?? null, caller.organisationId])
  return idempotency.begin(`${caller.actor.kind} ${caller.actor.id ?? caller.limitedBy}`, key, what)
}

function replay(begun: Exclude<Once, { readonly kind: 'new' }>, reply: FastifyReply): FastifyReply {
  if (begun.kind === 'refused') return sendError(reply, begun.error)
  if (begun.kind === 'answered') {
    const { status, body, type } = begun.answer
    reply.code(status).header('idempotency-replayed', 'true')
    return body === '' ? reply.send() : reply.type(type).send(body)
  }
  const message =
    begun.kind === 'other'
      ? 'this Idempotency-Key was used for another request: take a fresh one'
      : 'the first request with this key still runs, or was cut off: look whether it was done before you send it with a fresh one'
  return sendError(reply, { code: 'API_IDEMPOTENCY_KEY', message })
}

async function answer(
  { run }: ChangeContext,
  route: ApiRoute,
  input: RouteInput,
  reply: FastifyReply,
  keep: Keep,
): Promise<FastifyReply> {
  let result: ApiResult
  try {
    result = await run(route, input)
  } catch (error) {
    await keep(undefined)
    throw error
  }
  if (reply.sent) return reply
  const problem = result.ok ? undefined : problemOf(result.error)
  const empty = problem === undefined && route.response === undefined
  const status = problem?.status ?? (empty ? 204 : route.status)
  const body = empty ? '' : JSON.stringify(problem ?? (result.ok ? result.value : null))
  // Whether what took too long was done is not known: its key stays taken.
  if (!result.ok && result.error.code === 'API_TIMEOUT') return sendError(reply, result.error)
  await keep(
    status >= 500 || status === 429
      ? undefined
      : { status, body, type: problem === undefined ? 'application/json' : PROBLEM_TYPE },
  )
  if (!result.ok) return sendError(reply, result.error)
  reply.code(status)
  return empty ? reply.send() : reply.type('application/json').send(body)
}

/** One after another by their key; as many wait as requests are open. */
function createTurns(): <T>(key: string, run: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (key, run) => {
    const before = last.get(key) ?? Promise.resolve()
    const result = before.then(run, run)
    const ended: Promise<unknown> = result
      .catch(() => undefined)
      .then(() => {
        if (last.get(key) === ended) last.delete(key)
      })
    last.set(key, ended)
    return result
  }
}
