/** Where decisions about sources are kept, and where other nodes find them. */
import type { SourceDecision } from './types.ts'

export interface ChangedDecisions {
  /** To be handed in the next time. */
  readonly cursor: number
  /** In order of their change, each once. */
  readonly decisions: readonly SourceDecision[]
}

export interface SourceDecisionRepository {
  /** Those in force, the newest first, then those that are over since less than 30 days and count as repeats; at most so many. */
  load(now: number, limit: number): Promise<readonly SourceDecision[]>
  /**
   * Resolves when it is durable. The last one of a target and an action counts, but a rule's never replaces a person's in force. Bans of a
   * socket or a connection are not kept.
   */
  save(decision: SourceDecision): Promise<void>
  /** What changed since, by whichever node. Undefined: from now on. */
  changedSince(cursor: number | undefined): Promise<ChangedDecisions>
}
