/** What a request brings, checked by the schemas that its documentation is made from. */
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { type Problem, problemOf, validationProblem } from './problem.ts'
import type { ApiRoute, RouteInput } from './route.ts'

export type CheckedInput = Pick<RouteInput, 'params' | 'query' | 'body'>

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem }

export function checkInput(route: ApiRoute, request: FastifyRequest): Checked<CheckedInput> {
  const asked = request.query as Record<string, unknown>
  const params = check(route.params, request.params ?? {}, 'path')
  if (!params.ok) return params
  const query = route.query === undefined ? nothing(asked) : check(route.query, coerced(route.query, asked), 'query')
  if (!query.ok) return query
  const body = checkBody(route, request)
  if (!body.ok) return body
  const value = { params: params.value, query: query.value, body: body.value } as CheckedInput
  return { ok: true, value }
}

function checkBody(route: ApiRoute, request: FastifyRequest): Checked<unknown> {
  const given = request.body ?? undefined
  if (route.body !== undefined) return check(route.body, given ?? {}, 'body')
  if (given === undefined || (typeof given === 'object' && Object.keys(given).length === 0)) {
    return { ok: true, value: undefined }
  }
  return { ok: false, problem: problemOf({ code: 'API_INVALID', message: 'this takes no body' }) }
}

function check(schema: z.ZodType | undefined, value: unknown, where: string): Checked<unknown> {
  if (schema === undefined) return { ok: true, value: {} }
  const parsed = schema.safeParse(value)
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, problem: validationProblem(parsed.error, where) }
}

function nothing(query: Record<string, unknown>): Checked<unknown> {
  const [name] = Object.keys(query)
  if (name === undefined) return { ok: true, value: {} }
  const message = `${name}: this takes no such parameter`
  return { ok: false, problem: problemOf({ code: 'API_INVALID', message, field: name }) }
}

/** Texts of a query as what its schema wants: numbers, truths, lists. */
function coerced(schema: z.ZodObject, query: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, coercedTo(kindOf(schema, name), value)]),
  )
}

function coercedTo(kind: string | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (kind === 'number' && /^-?\d{1,16}(\.\d{1,6})?$/.test(value)) return Number(value)
  if (kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (kind === 'array') return value === '' ? [] : value.split(',')
  return value
}

function kindOf(schema: z.ZodObject, name: string): string | undefined {
  if (!Object.hasOwn(schema.shape, name)) return undefined
  let inner = schema.shape[name] as { readonly def?: { readonly type: string; readonly innerType?: never } } | undefined
  while (inner?.def?.innerType !== undefined) inner = inner.def.innerType
  return inner?.def?.type
}
