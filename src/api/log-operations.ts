/** What an operator can ask about the log itself: proofs, statements, figures, and that somebody is forgotten. */
import { z } from 'zod'
import type { SignedStatement } from '../events/chain/types.ts'
import type { ErasureSubject, LogStatistics, ProvenRow } from '../events/chain/event-archive.ts'
import type { LoggedEvent } from '../events/event-log.ts'
import { MAXIMUM_QUERY } from '../events/query/parse.ts'
import type { OperationResult } from './operations.ts'

export interface LogKeyView {
  /** PEM; who has it can verify. */
  readonly publicKey: string
}

export interface LogPage {
  /** Newest first. */
  readonly events: readonly LoggedEvent[]
  /** Position to go on from; null at the end. */
  readonly next: number | null
  /** The question was so wide that only events down to `next` were looked at. */
  readonly partial: boolean
}

export interface LogCounts {
  /** Fields whose values make the groups. */
  readonly by: readonly string[]
  /** The largest first. `at`: beginning of the step of time, where it was asked for. */
  readonly groups: readonly { readonly values: readonly string[]; readonly at: number | null; readonly count: number }[]
  readonly total: number
  readonly partial: boolean
}

export interface LogOperations {
  /** `q`: in the filter language (docs/query.md), without counting. */
  eventsSearch(input: {
    readonly q: string
    readonly limit: number
    readonly before?: number
  }): Promise<OperationResult<LogPage>>
  /** `q`: in the filter language; without counting in it there is one number. */
  eventsCount(input: { readonly q: string }): Promise<OperationResult<LogCounts>>
  /** Signs the end of the log as it is; gives the key that verifies. */
  eventsSign(): Promise<OperationResult<LogKeyView>>
  eventsProof(input: { readonly after: number; readonly limit: number }): Promise<OperationResult<readonly ProvenRow[]>>
  eventsStatements(input: {
    readonly after: number
    readonly limit: number
  }): Promise<OperationResult<readonly SignedStatement[]>>
  eventsStatistics(): Promise<OperationResult<LogStatistics>>
  /** What is known of one person, extension or number becomes unreadable for ever. */
  eventsForget(input: {
    readonly kind: ErasureSubject['kind']
    readonly value: string
    readonly reason: string
  }): Promise<OperationResult<{ readonly keys: number }>>
}

const nothing = z.strictObject({})
const slice = z.strictObject({
  after: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  limit: z.int().min(1).max(1_000),
})

const q = z.string().max(MAXIMUM_QUERY)

export const LOG_SCHEMAS = {
  eventsSearch: z.strictObject({
    q,
    limit: z.int().min(1).max(1_000),
    before: z.int().min(1).max(Number.MAX_SAFE_INTEGER).exactOptional(),
  }),
  eventsCount: z.strictObject({ q }),
  eventsSign: nothing,
  eventsProof: slice,
  eventsStatements: slice,
  eventsStatistics: nothing,
  eventsForget: z.strictObject({
    kind: z.enum(['person', 'extension', 'number']),
    value: z.string().min(1).max(320),
    reason: z.string().min(1).max(200),
  }),
} as const
