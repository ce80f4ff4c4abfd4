/** Detections as documents: Sigma rules (SigmaHQ specification 2.1) over the events of the log. */
import type { OrganisationId } from '../base/ids.ts'
import type { DetectionEvidence, DetectionLevel } from '../events/detection-events.ts'
import type { Fields } from '../events/query/matches.ts'

export type Level = DetectionLevel

/** One test of a field, or of the whole event where `field` is undefined. Any of the values; `all`: each of them. */
export interface FieldTest {
  readonly field: string | undefined
  readonly operator:
    | 'equals'
    | 'contains'
    | 'startswith'
    | 'endswith'
    | 're'
    | 'cidr'
    | 'exists'
    | 'gt'
    | 'gte'
    | 'lt'
    | 'lte'
  readonly values: readonly (string | number | boolean | null)[]
  readonly all: boolean
}

/** Every test of one map; a selection is any of its maps. */
export type Selection = readonly (readonly FieldTest[])[]

export type Condition =
  | { readonly kind: 'selection'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }

interface Described {
  /** Tells nobody by itself: correlations stand on it. */
  readonly base: boolean
  readonly id: string
  /** What correlations name it by; its id where it has none. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly level: Level
  readonly tags: readonly string[]
  readonly falsePositives: readonly string[]
  /** File that it came from. */
  readonly source: string
}

export interface EventRule extends Described {
  readonly kind: 'event'
  readonly selections: ReadonlyMap<string, Selection>
  readonly condition: Condition
}

export interface CorrelationRule extends Described {
  readonly kind: 'correlation'
  readonly type: 'event_count' | 'value_count' | 'temporal' | 'temporal_ordered'
  /** Names of rules for single events, or of other correlations. */
  readonly rules: readonly string[]
  readonly groupBy: readonly string[]
  readonly timespanMs: number
  /** Least count; for `value_count` of different values of `field`. */
  readonly threshold: number
  readonly field: string | undefined
}

export type SigmaRule = EventRule | CorrelationRule

export interface DetectedEvent extends DetectionEvidence {
  readonly organisationId: OrganisationId | undefined
  readonly fields: Fields
}

export interface Detection {
  readonly rule: SigmaRule
  readonly at: number
  /** Fields and values that it was counted for; empty for single events. */
  readonly group: Readonly<Record<string, string>>
  readonly count: number
  /** The newest that it rests on, at most 20. */
  readonly events: readonly DetectionEvidence[]
  /** Of all of them; undefined: of several, or of the machine. */
  readonly organisationId: OrganisationId | undefined
  /** Of the event that completed it. */
  readonly address: string | undefined
  readonly extension: string | undefined
}

export interface RuleFault {
  readonly source: string
  /** Line where the text is no YAML; else the path in the rule. */
  readonly where: string
  readonly message: string
}
