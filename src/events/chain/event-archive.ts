/** What the log can do beside taking and giving events: prove, sign, forget; implemented by `store/`. */
import type { OrganisationId } from '../../base/ids.ts'
import type { ChainedRow, SignedStatement } from './types.ts'
import type { EventClass } from '../event-class.ts'
import type { EventLog, LoggedEvent } from '../event-log.ts'
import type { Query } from '../query/types.ts'

/** A row with all that shows that it is the one that was chained. */
export interface ProvenRow extends ChainedRow {
  readonly event: LoggedEvent['event']
}

export interface SearchOptions {
  readonly organisationId?: OrganisationId
  /** Beside those of `organisationId`, also events that concern the whole machine. */
  readonly machine?: boolean
  /** Only events before this position: the next page. */
  readonly before?: number
  readonly limit: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface SearchPage {
  /** Newest first. */
  readonly events: readonly LoggedEvent[]
  /** Position to go on from; undefined at the end. */
  readonly next: number | undefined
  /** The question was so wide that only events down to `next` were looked at. */
  readonly partial: boolean
}

export interface CountedGroup {
  readonly values: readonly string[]
  /** Beginning of the step of time, where it was asked for. */
  readonly at: number | undefined
  readonly count: number
}

export interface Counts {
  readonly groups: readonly CountedGroup[]
  readonly total: number
  readonly partial: boolean
}

export interface LogStatistics {
  readonly events: number
  readonly lastPosition: number
  readonly classes: readonly {
    readonly class: EventClass
    readonly events: number
    readonly octets: number
    /** Milliseconds since the epoch; undefined for none. */
    readonly oldest: number | undefined
  }[]
  readonly checkpoint: { readonly number: number; readonly at: number; readonly position: number } | undefined
  readonly unsigned: number
}

/** Milliseconds that events of a class are kept at least. */
export type Retention = Readonly<Record<EventClass, number>>

/** Whose data is to be destroyed. */
export type ErasureSubject =
  | { readonly kind: 'person'; readonly email: string }
  | { readonly kind: 'extension' | 'number'; readonly organisationId: OrganisationId; readonly number: string }

export interface EventArchive extends EventLog {
  search(query: Query, options: SearchOptions): Promise<SearchPage>
  count(query: Query, options: SearchOptions): Promise<Counts>
  /** Ascending by position, from after `after`. */
  proven(after: number, limit: number): Promise<readonly ProvenRow[]>
  /** From number `after + 1` on. */
  statements(after: number, limit: number): Promise<readonly SignedStatement[]>
  /** PEM; who has it can verify. */
  readonly publicKey: string
  /** Signs what is there. Undefined when nothing came since the last one. */
  checkpoint(): Promise<SignedStatement | undefined>
  /** Drops whole months that are older, each with a signed record. Gives the number of events. */
  retain(retention: Retention): Promise<number>
  /** Destroys the key of one subject; gives how many keys there were. What was sealed with it stays unreadable for ever. */
  shred(subject: ErasureSubject, reason: string): Promise<number>
  statistics(): Promise<LogStatistics>
}
