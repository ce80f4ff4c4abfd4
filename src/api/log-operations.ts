/** What an operator can ask about the log itself: proofs, statements, figures, and that somebody is forgotten. */
import { z } from 'zod'
import type { SignedStatement } from '../events/chain/types.ts'
import type { ErasureSubject, LogStatistics, ProvenRow } from '../events/chain/event-archive.ts'
import type { OperationResult } from './operations.ts'

export interface LogKeyView {
  /** PEM; who has it can verify. */
  readonly publicKey: string
}

export interface LogOperations {
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

export const LOG_SCHEMAS = {
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
