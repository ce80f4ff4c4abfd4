/** A route whose input is its path, query and body together, checked by the schema of the operation behind it. */
import { z } from 'zod'
import { needsStepUp } from '../../identity/roles.ts'
import type { Permission } from '../../identity/types.ts'
import { OPERATION_SCHEMAS } from '../operation-schemas.ts'
import type { OperationResult } from '../operations.ts'
import { type OfferedOperation, VIEW_SCHEMAS } from '../views/index.ts'
import { pageAsGiven, pageByName, pageFrom, pageOf, pageQuery, readPage, wrongCursor } from './page.ts'
import type { ApiResult, ApiRoute, Method, RouteInput } from './route.ts'

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
  /** `slices`: the operation takes `after` and `limit` itself, for lists that are long. `as-given`: the newest first. */
  readonly order?: 'name' | 'slices' | 'as-given'
  /** The one of a list that the path names; `first`: the operation is asked for that one alone. */
  readonly pick?: 'first' | ((item: never, params: Readonly<Record<string, string>>) => boolean)
  /** Names that the operation has for parameters of the path. */
  readonly rename?: Readonly<Record<string, string>>
  /** What the operation wants to know and is not asked for here. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** Others of a query, where the operation wants them and somebody may leave them out. */
  readonly query?: z.ZodRawShape
}

interface Shape {
  /** Of the path, and what the operation calls each. */
  readonly names: readonly (readonly [inPath: string, inOperation: string])[]
  readonly params: z.ZodObject | undefined
  readonly rest: z.ZodObject
}

export function operationRoute(route: OperationRoute): ApiRoute {
  const { method, path, operation, access, page, pick, summary, tag } = route
  const { params, rest, names } = shapeOf(route)
  const isRead = method === 'GET'
  const view = VIEW_SCHEMAS[operation] as z.ZodType
  const one = pick === undefined ? view : elementOf(view)
  return {
    method,
    path,
    operation,
    access,
    summary,
    tag,
    stepUp: route.stepUp ?? (!isRead && needsStepUp(access)),
    params,
    query: queryOf({ ...(isRead ? rest.shape : {}), ...route.query, ...(page === undefined ? {} : pageQuery) }),
    body: isRead || Object.keys(rest.shape).length === 0 ? undefined : rest,
    status: route.status ?? 200,
    response: page === undefined ? one : pageOf(view),
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    handle: input => handle(route, names, input),
  }
}

function shapeOf({ path, operation, rename = {}, pick, order, fixed = {}, query = {} }: OperationRoute): Shape {
  const schema = OPERATION_SCHEMAS[operation] as z.ZodObject
  const { shape } = schema
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, rename[name] ?? name] as const)
  const taken = [
    ...names.map(([, name]) => name),
    ...Object.keys(fixed),
    ...Object.keys(query),
    ...(order === 'slices' || pick === 'first' ? ['after', 'limit'] : []),
  ].filter(name => Object.hasOwn(shape, name))
  const mask = Object.fromEntries(taken.map(name => [name, true as const]))
  const rest =
    typeof pick === 'function' ? z.strictObject({}) : taken.length === 0 ? schema : schema.omit(mask as never)
  const params = Object.fromEntries(names.map(([name, inOperation]) => [name, paramOf(shape[inOperation])]))
  return {
    names,
    rest: pick === 'first' ? z.strictObject({}) : rest,
    params: names.length === 0 ? undefined : z.object(params),
  }
}

/** As the operation checks it; a path always has it. */
function paramOf(schema: unknown): z.ZodType {
  const given = schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return given instanceof z.ZodString ? given : z.string().max(256)
}

async function handle(route: OperationRoute, names: Shape['names'], input: RouteInput): Promise<ApiResult> {
  const { operation, page, pick, order = 'name', fixed = {} } = route
  const { params, body } = input
  const { cursor: _cursor, limit, ...others } = input.query
  const asked = page === undefined ? undefined : readPage(input.query)
  if (page !== undefined && asked === undefined) return wrongCursor()
  const named = Object.fromEntries(names.map(([inPath, inOperation]) => [inOperation, params[inPath]]))
  const slice = asked === undefined || order !== 'slices' ? {} : sliceOf(asked)
  const whole = {
    ...others,
    ...(page === undefined && limit !== undefined ? { limit } : {}),
    ...(body as object | undefined),
    ...slice,
    ...fixed,
    ...(typeof pick === 'function' ? {} : named),
  }
  const run = input.operations![operation] as (input: unknown) => Promise<OperationResult<unknown>>
  const result = await run.call(input.operations, whole)
  if (!result.ok) return { ok: false, error: result.error }
  if (pick !== undefined) return picked(result.value as readonly never[], pick, params)
  if (page === undefined || asked === undefined) return result
  const items = result.value as readonly never[]
  if (order === 'slices') return pageFrom(items, asked.limit, page)
  return order === 'name' ? pageByName(items, asked, page) : pageAsGiven(items, asked, page)
}

/** One more than a page, to know whether there is a next one. */
function sliceOf({ limit, after }: { readonly limit: number; readonly after: string | undefined }) {
  return { limit: limit + 1, ...(after === undefined ? {} : { after }) }
}

function picked(
  items: readonly never[],
  pick: NonNullable<OperationRoute['pick']>,
  params: Readonly<Record<string, string>>,
): ApiResult {
  const found = pick === 'first' ? items[0] : items.find(item => pick(item, params))
  if (found !== undefined) return { ok: true, value: found }
  return { ok: false, error: { code: 'API_UNKNOWN', message: 'there is no such thing here', status: 404 } }
}

function queryOf(shape: z.ZodRawShape): z.ZodObject | undefined {
  return Object.keys(shape).length === 0 ? undefined : z.strictObject(shape)
}

function elementOf(view: z.ZodType): z.ZodType {
  return view instanceof z.ZodArray ? (view.element as z.ZodType) : view
}
