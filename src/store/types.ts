/** The store as the rest of the product sees it. */
import type { IdempotencyRepository } from '../api/http/idempotency.ts'
import type { Clock } from '../base/clock.ts'
import type { NodeId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { CallRecordRepository } from '../call/call-record.ts'
import type { DirectoryRepository } from '../directory/types.ts'
import type { EventArchive } from '../events/chain/event-archive.ts'
import type { ExportRepository } from '../export/repository.ts'
import type { FraudRepository } from '../fraud/repository.ts'
import type { SourceDecisionRepository } from '../guard/sources/repository.ts'
import type { IdentityRepository } from '../identity/repository.ts'
import type { Sealer } from '../keys/sealer.ts'
import type { BindingRepository } from '../registrar/types.ts'
import type { SearchRepository } from '../search/types.ts'
import type { TraceRepository } from '../trace/types.ts'

/** Outages of the database. Called synchronously; may publish events, which are kept until the database is back. */
export interface StoreObserver {
  unavailable?(detail: string): void
  recovered?(report: {
    readonly unavailableForMs: number
    readonly eventsBuffered: number
    readonly eventsLost: number
  }): void
}

export interface StoreOptions {
  readonly dataDirectory: string
  /** `postgres://…`: a server instead of the embedded one. */
  readonly url?: string | undefined
  /** System user of the embedded database when we are root. */
  readonly runAs?: string | undefined
  readonly sealer: Sealer
  readonly clock: Clock
  readonly logger: Logger
  readonly observer?: StoreObserver
  /** Milliseconds between two heartbeats. Default 5,000. */
  readonly heartbeatInterval?: number
  /** Milliseconds after which a statement counts as an outage of the database. Default 10,000. */
  readonly statementTimeout?: number
}

export interface Store {
  readonly directory: DirectoryRepository
  readonly bindings: BindingRepository
  readonly calls: CallRecordRepository
  readonly events: EventArchive
  readonly fraud: FraudRepository
  readonly sourceDecisions: SourceDecisionRepository
  readonly identity: IdentityRepository
  readonly keptAnswers: IdempotencyRepository
  readonly exports: ExportRepository
  readonly searches: SearchRepository
  readonly traces: TraceRepository
  /** This process, as call records know it: a new one at each start. */
  readonly nodeId: NodeId
  readonly available: boolean
  /** Process id of the embedded database, while it runs. */
  readonly databasePid: number | undefined
  /** Writes what waits (for 10 s at most), then ends the database. Idempotent. */
  close(): Promise<void>
}
