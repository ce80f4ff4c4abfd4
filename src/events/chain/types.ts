/** The chain of events: what is bound to what, and what is signed. Format: docs/log.md. */
import type { EventClass } from '../event-class.ts'

/** How far the chain of one class has come. `hash`: hexadecimal. */
export interface Head {
  readonly sequence: number
  readonly hash: string
}

export type Heads = Readonly<Record<EventClass, Head>>

interface Numbered {
  /** From 1, without holes. */
  readonly number: number
  /** SHA-256 of the statement before, hexadecimal; 64 zeros for the first. */
  readonly previous: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** All that is in the log up to `position`. */
export interface Checkpoint extends Numbered {
  readonly kind: 'checkpoint'
  readonly position: number
  readonly heads: Heads
}

/** Events that were kept long enough. What follows them begins at `head`. */
export interface Dropped extends Numbered {
  readonly kind: 'dropped'
  readonly class: EventClass
  readonly head: Head
  /** Position of the last of them. */
  readonly position: number
  readonly count: number
}

/** Keys that were destroyed: what was sealed with them can be read by nobody. */
export interface Erased extends Numbered {
  readonly kind: 'erased'
  readonly keys: readonly number[]
  readonly reason: string
}

export type Statement = Checkpoint | Dropped | Erased

/** `text` is what was signed, to the octet; `signature` (Ed25519) in base64. */
export interface SignedStatement {
  readonly text: string
  readonly signature: string
}

/** What opens one sealed part of a document: it shows that these are the values that were sealed. */
export interface Opening {
  /** Hexadecimal. */
  readonly salt: string
  readonly values: readonly string[]
}

/** A row as somebody without our keys can check it. */
export interface ChainedRow {
  readonly position: number
  readonly class: EventClass
  readonly sequence: number
  readonly hash: string
  /** Undefined: this event is not shown; `digest` stands for it. */
  readonly document: string | undefined
  /** SHA-256 of the document, hexadecimal, where the document is not there. */
  readonly digest?: string
  /** One for each sealed part of the document; null for one that is not shown or was erased. */
  readonly openings: readonly (Opening | null)[]
}

export type ProblemKind =
  | 'altered'
  | 'removed'
  | 'reordered'
  | 'truncated'
  | 'statement-forged'
  | 'statement-missing'
  | 'statement-replaced'
  | 'withheld'
  | 'malformed'

export interface Problem {
  readonly kind: ProblemKind
  /** The event at or before which it is; undefined where it is about a statement. */
  readonly position: number | undefined
  readonly detail: string
}

export interface Verdict {
  readonly sound: boolean
  readonly problems: readonly Problem[]
  /** Problems beyond those that are listed. */
  readonly moreProblems: number
  readonly events: number
  readonly first: number | undefined
  readonly last: number | undefined
  readonly checkpoints: number
  /** Position up to which a signature vouches; 0 for none. */
  readonly signedUpTo: number
  readonly signedAt: number | undefined
  /** Events after the last checkpoint: not yet signed. */
  readonly unsigned: number
  /** Events that retention dropped, with a signed record. */
  readonly dropped: number
  /** Sealed parts whose keys were destroyed, with a signed record. */
  readonly erasedParts: number
}
