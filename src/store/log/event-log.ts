/**
 * The log: events in order, positions without holes, appended in groups, chained and sealed; read by position, time and
 * type, searched by blind indexes; signed now and then; dropped by whole months.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import type { EventArchive, Retention } from '../../events/chain/event-archive.ts'
import type { Sealer } from '../../keys/sealer.ts'
import type { Database } from '../database.ts'
import { messageOf, StoreError } from '../errors.ts'
import type { GroupWriter } from '../group-writer.ts'
import { createGroupWriter } from '../group-writer.ts'
import { type AppendParts, createBatchWriter, isAcceptable } from './append.ts'
import { createPartitions } from './partitions.ts'
import { provenRows, readStatistics } from './proof.ts'
import { readEvents } from './read.ts'
import { destroyKeys, dropOld } from './retention.ts'
import { countEvents, searchEvents } from './search.ts'
import { openLogSecrets } from './secrets.ts'
import { signCheckpoint, signedOf } from './statements.ts'
import { createSubjectKeys } from './subject-keys.ts'
import { takeOverOldEvents } from './take-over.ts'

/** Events that wait for the database at most. */
export const EVENT_BUFFER = 100_000
/** Nobody waits for an event but a reader of the log; many at once cost the database little more than one. */
const GATHER = 100
const MAXIMUM_PROVEN = 5_000
/** Milliseconds between two signatures while events come. */
export const CHECKPOINT_INTERVAL = 60_000
const RETENTION_INTERVAL = 6 * 3_600_000
/** 13 months. */
const KEPT = 396 * 86_400_000
export const DEFAULT_RETENTION: Retention = { calls: KEPT, security: KEPT, administration: KEPT, system: KEPT }

export interface StoredEventLog extends EventArchive {
  readonly writer: Pick<GroupWriter<RingfenceEvent>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>
  /** Events refused because the buffer was full, since the last call. */
  takeLost(): number
  /** Signs the end of the log, as far as the database lets it, and signs no more. */
  finish(): Promise<void>
}

export interface EventLogOptions {
  readonly database: Database
  readonly clock: Clock
  readonly logger: Logger
  readonly sealer: Sealer
  /** The data folder, which one process at a time has. */
  readonly home: string
  readonly retention?: Retention | undefined
}

export async function createEventLog(options: EventLogOptions): Promise<StoredEventLog> {
  const { database, clock, logger, sealer, home } = options
  const secrets = await openLogSecrets(database, sealer)
  const keys = await createSubjectKeys({ database, sealer, secrets, clock })
  const parts: AppendParts = { database, clock, home, secrets, keys, partitions: createPartitions(database) }
  const write = await createBatchWriter(parts)
  await takeOverOldEvents(database, write, logger, () => clock.now())
  let lost = 0
  const writer = createGroupWriter<RingfenceEvent>({
    clock,
    capacity: EVENT_BUFFER,
    gather: GATHER,
    available: () => database.available,
    write,
  })
  const log: EventArchive = {
    publicKey: secrets.publicPem,
    append(event) {
      if (writer.size >= EVENT_BUFFER) lost++
      if (isAcceptable(event)) return writer.add(event)
      return Promise.reject(
        new StoreError('STORE_WRITE_REFUSED', 'an event without a proper id, time, type or organisation'),
      )
    },
    query: query => readEvents(database, keys, query),
    search: (query, search) => searchEvents({ database, keys, secrets }, query, search),
    count: (query, search) => countEvents({ database, keys, secrets }, query, search),
    proven: (after, limit) => provenRows(database, keys, after, Math.min(limit, MAXIMUM_PROVEN)),
    async statements(after, limit) {
      const text = 'SELECT text, signature FROM event_statements WHERE number > $1 ORDER BY number LIMIT $2'
      return (await database.query({ text, values: [after, Math.min(limit, MAXIMUM_PROVEN)] })).map(signedOf)
    },
    checkpoint: () => signCheckpoint({ database, clock, secrets }),
    retain: retention => dropOld({ database, clock, secrets }, retention),
    async shred(subject, reason) {
      const count = await destroyKeys({ database, clock, secrets }, subject, reason)
      await keys.refresh()
      return count
    },
    statistics: () => readStatistics(database),
  }
  const rounds = startRounds(options, log)
  return {
    ...log,
    writer,
    takeLost() {
      const count = lost
      lost = 0
      return count
    },
    finish: rounds.finish,
  }
}

/** Signatures and retention, again and again; each waits for the one before. */
function startRounds({ database, clock, logger, retention = DEFAULT_RETENTION }: EventLogOptions, log: EventArchive) {
  let stopped = false
  let timer: Timer | undefined
  let round: Promise<void> = Promise.resolve()
  let retainAt = clock.monotonic() + CHECKPOINT_INTERVAL
  const work = async (): Promise<void> => {
    if (!database.available) return
    try {
      await log.checkpoint()
      if (stopped || clock.monotonic() < retainAt) return
      retainAt = clock.monotonic() + RETENTION_INTERVAL
      const dropped = await log.retain(retention)
      if (dropped > 0) logger.info({ events: dropped }, 'events were kept as long as they are to be kept, and dropped')
    } catch (error) {
      logger.warn({ detail: messageOf(error) }, 'the log was not signed this time')
    }
  }
  const plan = (): void => {
    if (stopped) return
    timer = clock.schedule(CHECKPOINT_INTERVAL, () => {
      round = work().then(plan)
    })
  }
  plan()
  return {
    async finish(): Promise<void> {
      if (stopped) return
      stopped = true
      timer?.cancel()
      await round
      await work()
    },
  }
}
