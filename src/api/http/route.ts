/** One line of the interface: what is asked for, by whom it may be, what comes in and what goes out. Everything else is made from these. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Origin, Permission } from '../../identity/types.ts'
import type { Operations } from '../operations.ts'
import type { OfferedOperation } from '../views/index.ts'
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
  /** Whether the same request would be let in again now: for answers that take long. */
  readonly isStillAllowed: () => Promise<boolean>
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
  /** Asked by a page that is left open, not by somebody who sits there: a session becomes idle all the same. */
  readonly background?: boolean
  /** Its answer is kept nowhere, whatever key it came with. */
  readonly neverKept?: boolean
  /** Operation behind it, where it is one. */
  readonly operation?: OfferedOperation
  handle(input: RouteInput): Promise<ApiResult>
}

export { type OperationRoute, operationRoute } from './operation-route.ts'
export { pageOf, readCursor, writeCursor } from './page.ts'

type Plain = Pick<ApiRoute, 'method' | 'path' | 'summary' | 'tag' | 'access' | 'handle'> & Partial<ApiRoute>

/** A route that is more, or less, than one operation. */
export function plainRoute(route: Plain): ApiRoute {
  return {
    stepUp: false,
    params: undefined,
    query: undefined,
    body: undefined,
    status: 200,
    response: undefined,
    ...route,
  }
}
