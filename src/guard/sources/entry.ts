/** A decision as the table holds it. */
import type { SourceDecision } from './types.ts'

export interface Entry {
  /** `ban address 198.51.100.7` */
  readonly key: string
  readonly decision: SourceDecision
  /** How often it stopped something here. */
  hits: number
}

export function endOf({ expiresAt }: SourceDecision): number {
  return expiresAt ?? Number.POSITIVE_INFINITY
}
