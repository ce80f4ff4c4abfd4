/** Where decisions about sources are kept, and where other nodes find them. */
import type { SourceDecision } from './types.ts'

export interface ChangedDecisions {
  /** To be handed in the next time. */
  readonly cursor: number
  /** In order of their change; some may have been there before. */
  readonly decisions: readonly SourceDecision[]
}

export interface SourceDecisionRepository {
  /** Those in force, the newest first, at most so many. What is over for long is forgotten. */
  load(now: number, limit: number): Promise<readonly SourceDecision[]>
  /** Resolves when it is durable. The last one of a target and an action counts. */
  save(decision: SourceDecision): Promise<void>
  /** What changed since, by whichever node. Undefined: from now on. */
  changedSince(cursor: number | undefined): Promise<ChangedDecisions>
}
