/** What can be asked about detections: which rules there are, whether rules find what they have to, and what they would have found. */
import { z } from 'zod'
import type { DetectionEvidence, DetectionLevel } from '../events/detection-events.ts'
import type { OperationResult } from './operations.ts'

export interface DetectionRuleView {
  readonly id: string
  /** What correlations name it by. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly level: DetectionLevel
  /** `event`: looks at one event; `correlation`: at several. */
  readonly kind: 'event' | 'correlation'
  /** `base`: tells nobody by itself, correlations stand on it. */
  readonly state: 'on' | 'base' | 'disabled'
  /** Of the operator's folder. */
  readonly own: boolean
  readonly file: string
  readonly tags: readonly string[]
  readonly falsePositives: readonly string[]
}

export interface DetectionProblemView {
  readonly file: string
  /** Line, or path in the rule. */
  readonly where: string
  readonly problem: string
}

export interface DetectionStatusView {
  readonly rules: number
  readonly own: number
  readonly disabled: number
  /** Of the operator's own rules; null: none. */
  readonly folder: string | null
  readonly problems: readonly DetectionProblemView[]
  /** Since the start; null where no server runs. */
  readonly live: {
    readonly looked: number
    readonly found: number
    readonly unsaid: number
    readonly missed: number
    readonly waiting: number
  } | null
}

export interface DetectionFile {
  readonly name: string
  readonly text: string
}

export interface DetectionTestView {
  /** Each rule of the files. `attack` and `benign`: how often it finds something there; null: no stream says. */
  readonly rules: readonly {
    readonly id: string
    readonly title: string
    readonly file: string
    readonly attack: number | null
    readonly benign: number | null
    readonly outcome: 'passed' | 'failed' | 'untested' | 'base'
  }[]
  readonly problems: readonly DetectionProblemView[]
}

export interface FoundView {
  readonly rule: string
  readonly title: string
  readonly level: DetectionLevel
  readonly at: number
  readonly group: Readonly<Record<string, string>>
  readonly count: number
  readonly events: readonly DetectionEvidence[]
}

export interface DetectionRunView {
  /** Events that rules looked at. */
  readonly events: number
  readonly since: number
  /** Up to the last event that was looked at. */
  readonly until: number
  /** A bound was reached before the end: go on from `until`. */
  readonly partial: boolean
  readonly rules: readonly { readonly rule: string; readonly title: string; readonly found: number }[]
  /** The first thousand. */
  readonly found: readonly FoundView[]
  readonly problems: readonly DetectionProblemView[]
}

export interface DetectionOperations {
  detectionsList(input: { readonly id?: string }): Promise<OperationResult<readonly DetectionRuleView[]>>
  detectionsStatus(input: Record<never, never>): Promise<OperationResult<DetectionStatusView>>
  /** Reads the folder anew. */
  detectionsReload(input: Record<never, never>): Promise<OperationResult<DetectionStatusView>>
  /** `files`: rules, and `NAME.streams.yaml` beside them; nothing of it stays. */
  detectionsTest(input: { readonly files: readonly DetectionFile[] }): Promise<OperationResult<DetectionTestView>>
  /** Over the past. With `files`: those rules instead of the ones in force. */
  detectionsRun(input: {
    readonly since: number
    readonly until?: number
    readonly rules?: readonly string[]
    readonly files?: readonly DetectionFile[]
  }): Promise<OperationResult<DetectionRunView>>
}

const time = z.int().min(0).max(8.64e15)
const id = z.string().min(1).max(64)
const files = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(256),
      text: z.string().max(65_536),
    }),
  )
  .min(1)
  .max(40)
const nothing = z.strictObject({})

export const DETECTION_SCHEMAS = {
  detectionsList: z.strictObject({ id: id.exactOptional() }),
  detectionsStatus: nothing,
  detectionsReload: nothing,
  detectionsTest: z.strictObject({ files }),
  detectionsRun: z.strictObject({
    since: time,
    until: time.exactOptional(),
    rules: z.array(id).min(1).max(100).exactOptional(),
    files: files.exactOptional(),
  }),
} as const satisfies Record<keyof DetectionOperations, z.ZodType>
