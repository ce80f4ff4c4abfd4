/** The operator's operations on a directory, a store and, where a server runs, its live state. */
import type { AlertService } from '../alert/alert-service.ts'
import type { LiveCall, Operations, StopView, SystemStatus } from '../api/operations.ts'
import type { Clock } from '../base/clock.ts'
import type { CallRecordRepository } from '../call/call-record.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import type { OutsideChanges } from '../directory/outside-changes.ts'
import type { OutsideReader } from '../directory/outside-reader.ts'
import type { Device, Extension } from '../directory/types.ts'
import type { EventBus } from '../events/bus.ts'
import type { EventArchive } from '../events/chain/event-archive.ts'
import type { EventLog } from '../events/event-log.ts'
import type { Actor } from '../events/system-events.ts'
import type { Identity } from '../identity/types.ts'
import type { BindingLookup } from '../registrar/types.ts'
import type { TrunkService } from '../trunk/types.ts'
import type { FraudParts } from './fraud-parts.ts'
import { alertOperations } from './operations-alerts.ts'
import { callingOperations } from './operations-calling.ts'
import { dialOperations } from './operations-dial.ts'
import type { DetectionParts } from './detection-parts.ts'
import { detectionOperations } from './operations-detections.ts'
import { traceOperations } from './operations-traces.ts'
import type { Traces } from './traces.ts'
import { directoryOperations } from './operations-directory.ts'
import { type ExportParts, exportOperations } from './operations-exports.ts'
import { followLog } from './follow-log.ts'
import { firewallOperations } from './operations-firewall.ts'
import type { FirewallLive } from './operations-firewall-parts.ts'
import { fraudOperations, fraudSummary } from './operations-fraud.ts'
import { logOperations } from './operations-log.ts'
import { numberOperations } from './operations-numbers.ts'
import { peopleOperations } from './operations-people.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'
import { type SearchParts, searchOperations } from './operations-searches.ts'
import { trunkOperations, trunkSummaries } from './operations-trunks.ts'

/** What only a running server can answer. */
export interface LiveState {
  readonly bindings: BindingLookup
  /** How the device last proved itself: `SHA-256`, `MD5`, `certificate`. */
  authenticationOf(device: Device): string | undefined
  liveCalls(): readonly LiveCall[]
  /** Without the trunks and toll fraud, which are told from elsewhere. */
  status(): Omit<SystemStatus, 'trunks' | 'fraud'>
  /** Undefined where trunks are not in use yet. */
  readonly trunks?: TrunkService | undefined
  /** Takes no new calls from now on, and stops when the live ones have ended, after `limitMs` at most. */
  drain(limitMs: number): StopView
  /** What an extension that was suspended has running outside ends. */
  extensionSuspended(extension: Extension): void
  /** After the directory took something away: its registrations and calls go too. */
  deviceRemoved(device: Device): Promise<void>
}

export interface OperationsOptions {
  readonly directory: DirectoryService & OutsideReader & OutsideChanges
  readonly calls: CallRecordRepository
  readonly log: EventLog
  /** The log as a whole. Undefined for those who see one organisation. */
  readonly archive?: EventArchive | undefined
  /** Answers questions in the filter language. */
  readonly search: Pick<EventArchive, 'search' | 'count'>
  readonly bus: EventBus
  readonly clock: Clock
  readonly actor: Actor
  /** `sip:ADDRESS:PORT;transport=tls` that phones connect to. */
  readonly outboundProxy: string
  /** Path of the CA certificate that phones have to trust. */
  readonly ca: string
  /** Undefined in a command that runs without a server. */
  readonly live: LiveState | undefined
  /** Undefined where there is no toll-fraud control: its operations say so. */
  readonly fraud?: FraudParts | undefined
  /** Undefined in a command that runs without a server. */
  readonly firewall?: FirewallLive | undefined
  /** Undefined in a command that runs without a server. */
  readonly alerts?: Pick<AlertService, 'test'> | undefined
  /** Undefined where no people are known: their operations say so. */
  readonly identity?: Identity | undefined
  /** Undefined where the log goes nowhere: its operations say so. */
  readonly exports?: ExportParts | undefined
  /** Undefined where no rules are known: their operations say so. */
  readonly detections?: DetectionParts | undefined
  readonly traces?: Pick<Traces, 'messages'> | undefined
  /** Undefined where none are known: their operations say so. */
  readonly searches?: SearchParts | undefined
  /** ISO 3166-1 alpha-2. Undefined in a command that runs without a server. */
  readonly countryOfAddress?: ((address: string) => string | undefined) | undefined
  /** Whether whoever asks sees what concerns the whole machine. Default: yes. */
  readonly machine?: boolean
}

const MAXIMUM_ROWS = 1_000

export function createOperations(options: OperationsOptions): Operations {
  return {
    ...directoryOperations(options),
    ...trunkOperations(options),
    ...numberOperations(options),
    ...callingOperations(options),
    ...dialOperations(options),
    ...fraudOperations(options),
    ...firewallOperations(options),
    ...peopleOperations(options),
    ...exportOperations(options),
    ...detectionOperations(options),
    ...traceOperations(options),
    ...logOperations(options),
    ...alertOperations(options),
    ...searchOperations(options),
    async status() {
      if (options.live === undefined) return needsServer('the status')
      // The rest of the status is wanted most when the store is away.
      const { fraud } = options
      const summary = fraud === undefined ? null : await fraudSummary(options, fraud).catch(() => null)
      return done({ ...options.live.status(), trunks: trunkSummaries(options), fraud: summary })
    },
    async systemStop({ drainSeconds }) {
      return options.live === undefined ? needsServer('a stop') : done(options.live.drain(drainSeconds * 1_000))
    },
    async callsLive() {
      return options.live === undefined ? needsServer('the live calls') : done(options.live.liveCalls())
    },
    callsPast: ({ limit, before }) =>
      attempt(() => options.calls.list({ limit: bound(limit), ...(before === undefined ? {} : { before }) })),
    async callShow({ id }) {
      const found = await attempt(() => options.calls.find(id))
      if (!found.ok) return found
      if (found.value !== undefined) return done(found.value)
      return refused({ code: 'CALL_UNKNOWN', message: 'there is no such call' })
    },
    events: query => attempt(() => options.log.query({ ...query, limit: bound(query.limit) })),
    eventsFollow: query => attempt(() => followLog(options, query)),
  }
}

function bound(limit: number): number {
  return Math.min(Math.max(1, Math.trunc(limit)), MAXIMUM_ROWS)
}
