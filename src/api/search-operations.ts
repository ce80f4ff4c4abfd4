/** What can be asked about saved searches. */
import { z } from 'zod'
import { MAXIMUM_QUERY } from '../events/query/parse.ts'
import { MAXIMUM_MINUTES, MAXIMUM_MORE } from '../search/types.ts'
import type { OperationResult } from './operations.ts'

export { MAXIMUM_MINUTES, MAXIMUM_MORE }

export interface SearchView {
  readonly name: string
  readonly q: string
  /** Null: nobody is told. */
  readonly tell: { readonly more: number; readonly minutes: number } | null
  readonly changedAt: number
  readonly changedBy: string
}

export interface SearchOperations {
  searchList(input: { readonly name?: string }): Promise<OperationResult<readonly SearchView[]>>
  /** In place of the one of that name. */
  searchSave(input: {
    readonly name: string
    readonly q: string
    readonly tell?: { readonly more: number; readonly minutes: number } | null
  }): Promise<OperationResult<SearchView>>
  searchRemove(input: { readonly name: string }): Promise<OperationResult<{ readonly name: string }>>
}

const name = z
  .string()
  .max(64)
  .regex(/^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]*[\p{L}\p{N}])?$/u, 'is letters, digits, blanks, points and dashes')

export const SEARCH_SCHEMAS = {
  searchList: z.strictObject({ name: name.exactOptional() }),
  searchSave: z.strictObject({
    name,
    q: z.string().min(1).max(MAXIMUM_QUERY),
    tell: z
      .strictObject({ more: z.int().min(0).max(MAXIMUM_MORE), minutes: z.int().min(1).max(MAXIMUM_MINUTES) })
      .nullable()
      .exactOptional(),
  }),
  searchRemove: z.strictObject({ name }),
} as const
