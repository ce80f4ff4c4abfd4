/** Events of detections: what Sigma rules found in the log, and which rules there are. They are looked at by no rule themselves. */
import type { Severity } from './severity.ts'
import type { Actor } from './system-events.ts'

export type DetectionLevel = 'informational' | 'low' | 'medium' | 'high' | 'critical'

/** An event that a detection rests on. */
export interface DetectionEvidence {
  readonly id: string
  readonly type: string
  readonly at: number
}

export interface DetectionEvents {
  /**
   * A rule found what it looks for. `rule`: its id; `reason`: what it is about, in words; `group`: fields and values that it
   * counts for; `events`: the newest 20 that it rests on; `unsaid`: findings of this rule that were too many to be told of.
   */
  'detection.found': {
    readonly rule: string
    readonly title: string
    readonly level: DetectionLevel
    readonly reason: string
    readonly address: string | undefined
    readonly extension: string | undefined
    readonly group: Readonly<Record<string, string>>
    readonly count: number
    readonly events: readonly DetectionEvidence[]
    readonly tags: readonly string[]
    readonly unsaid: number
  }
  /** The rules that are in force from now on. `own`: those of the operator's folder among `rules`. */
  'detection.rules-changed': {
    readonly actor: Actor
    readonly rules: number
    readonly own: number
    readonly disabled: readonly string[]
    readonly problems: number
  }
  /** A rule of the operator's folder that cannot be used. The others are. */
  'detection.rule-problem': { readonly file: string; readonly where: string; readonly problem: string }
}

/** How loud a finding is, by the level of its rule. */
export const SEVERITY_OF_LEVEL: { readonly [L in DetectionLevel]: Severity } = {
  informational: 'info',
  low: 'notice',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
}
