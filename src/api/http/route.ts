/** One line of the interface: what is asked for, by whom it may be, what comes in and what goes out. Everything else is made from these. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { needsStepUp } from '../../identity/roles.ts'
import type { Origin, Permission } from '../../identity/types.ts'
import { OPERATION_SCHEMAS } from '../operation-schemas.ts'
import type { OperationError, OperationResult, Operations } from '../operations.ts'
import { type OfferedOperation, VIEW_SCHEMAS } from '../views/index.ts'
import type { Caller } from './types.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** `public`: anybody. `session`: whoever is signed in, whatever they may do. */
export type Access = Permission | 'public' | 'session'

export interface RouteInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  /** Absent on public routes. */
  readonly caller: Caller | undefined
  readonly operations: Operations | undefined
  readonly origin: Origin
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export interface ApiError {
  readonly code: string
  readonly message: string
  readonly status?: number
  readonly field?: string
  readonly retryAfter?: number
}

export type ApiResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ApiError }

export interface ApiRoute {
  readonly method: Method
  /** `/extensions/{number}`, below `/api/v1`. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly access: Access
  readonly stepUp: boolean
  readonly params: z.ZodObject | undefined
  readonly query: z.ZodObject | undefined
  readonly body: z.ZodType | undefined
  readonly status: number
  /** Undefined: no content. */
  readonly response: z.ZodType | undefined
  /** Octets of a body at most. */
  readonly bodyLimit?: number
  /** Operation behind it, where it is one. */
  readonly operation?: OfferedOperation
  handle(input: RouteInput): Promise<ApiResult>
}

export interface OperationRoute {
  readonly method: Method
  readonly path: string
  readonly operation: OfferedOperation
  readonly access: Permission
  readonly summary: string
  readonly tag: string
  /** A change wants a fresh second factor where its permission says so; here what differs. */
  readonly stepUp?: boolean
  readonly status?: number
  readonly bodyLimit?: number
  /** Lists are paged: by what each item is named. */
  readonly page?: (item: never) => string
  /** The one of a list that the path names. */
  readonly pick?: (item: never, params: Readonly<Record<string, string>>) => boolean
  /** Names that the operation has for parameters of the path. */
  readonly rename?: Readonly<Record<string, string>>
}

const MAXIMUM_PAGE = 1_000
const STANDARD_PAGE = 100
const pageQuery = {
  limit: z.int().min(1).max(MAXIMUM_PAGE).default(STANDARD_PAGE),
  cursor: z.string().max(512).optional().describe('`next` of the page before'),
}

/** A route whose input is its path, query and body together, checked by the schema of its operation. */
export function operationRoute(route: OperationRoute): ApiRoute {
  const { method, path, operation, access, page, pick, rename = {} } = route
  const schema = OPERATION_SCHEMAS[operation] as z.ZodObject
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const inPath = names.map(name => rename[name] ?? name)
  const rest = restOf(schema, pick === undefined ? inPath : [])
  const isRead = method === 'GET'
  const hasRest = Object.keys(rest.shape).length > 0
  const view = VIEW_SCHEMAS[operation] as z.ZodType
  return {
    method,
    path,
    operation,
    access,
    summary: route.summary,
    tag: route.tag,
    stepUp: route.stepUp ?? (!isRead && needsStepUp(access)),
    params:
      names.length === 0 ? undefined : z.object(Object.fromEntries(names.map(name => [name, z.string().max(256)]))),
    query: queryOf(isRead && pick === undefined ? rest : undefined, page !== undefined),
    body: isRead || !hasRest ? undefined : rest,
    status: route.status ?? 200,
    response: page === undefined ? (pick === undefined ? view : itemOf(view)) : pageOf(view),
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    async handle({ params, query, body, operations }) {
      const { cursor, limit, ...others } = query
      const asked = page === undefined && limit !== undefined ? { ...others, limit } : others
      const named = Object.fromEntries(names.map(name => [rename[name] ?? name, params[name]]))
      const input = pick === undefined ? { ...asked, ...((body ?? {}) as object), ...named } : {}
      const run = operations![operation] as (input: unknown) => Promise<OperationResult<unknown>>
      const result = await run.call(operations, input)
      if (!result.ok) return { ok: false, error: result.error }
      if (pick !== undefined) return picked(result.value as readonly never[], pick, params)
      if (page === undefined) return result
      return paged(result.value as readonly never[], page, Number(limit), cursor as string | undefined)
    },
  }
}

function picked(
  items: readonly never[],
  pick: (item: never, params: Readonly<Record<string, string>>) => boolean,
  params: Readonly<Record<string, string>>,
): ApiResult {
  const found = items.find(item => pick(item, params))
  if (found !== undefined) return { ok: true, value: found }
  return { ok: false, error: { code: 'API_UNKNOWN', message: 'there is no such thing here', status: 404 } }
}

function restOf(schema: z.ZodObject, without: readonly string[]): z.ZodObject {
  const mask = Object.fromEntries(without.filter(name => name in schema.shape).map(name => [name, true as const]))
  return Object.keys(mask).length === 0 ? schema : schema.omit(mask as never)
}

function queryOf(rest: z.ZodObject | undefined, isPaged: boolean): z.ZodObject | undefined {
  const shape = { ...(rest?.shape ?? {}), ...(isPaged ? pageQuery : {}) }
  return Object.keys(shape).length === 0 ? undefined : z.strictObject(shape)
}

function itemOf(view: z.ZodType): z.ZodType {
  return view instanceof z.ZodArray ? (view.element as z.ZodType) : view
}

export function pageOf(view: z.ZodType): z.ZodType {
  const items = view instanceof z.ZodArray ? view : z.array(view)
  return z.object({
    items,
    next: z.string().nullable().describe('cursor of the next page; null: this is the last one'),
  })
}

/** By name, so that a page stays right whatever is added or removed meanwhile. */
function paged(
  items: readonly never[],
  nameOf: (item: never) => string,
  limit: number,
  cursor: string | undefined,
): ApiResult {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  if (cursor !== undefined && after === undefined) {
    return {
      ok: false,
      error: { code: 'API_INVALID', message: 'cursor: is not one of ours', status: 400, field: 'cursor' },
    }
  }
  const named = items.map(item => ({ name: nameOf(item), item })).toSorted((a, b) => compare(a.name, b.name))
  const start = after === undefined ? 0 : named.findIndex(each => compare(each.name, after) > 0)
  const rest = start < 0 ? [] : named.slice(start, start + limit + 1)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const next = rest.length > limit && last !== undefined ? writeCursor(last.name) : null
  return { ok: true, value: { items: page.map(each => each.item), next } }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function writeCursor(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url')
}

export function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  return writeCursor(text) === cursor ? text : undefined
}

export function isOperationError(error: ApiError | OperationError): error is OperationError {
  return !('status' in error)
}
