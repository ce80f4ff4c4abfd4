/** Puts the repositories on an open database, and takes them off it again without losing a write. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../base/ids.ts'
import { createBindingRepository } from './binding-repository.ts'
import type { NodeIdentity } from './call-record-repository.ts'
import { createCallRecordRepository } from './call-record-repository.ts'
import { isUuid } from './columns.ts'
import type { DataLock } from './data-lock.ts'
import type { Database } from './database.ts'
import { createDirectoryRepository } from './directory-repository.ts'
import type { EmbeddedPostgres } from './embedded/embedded-postgres.ts'
import { messageOf } from './errors.ts'
import { createExportRepository } from './export-repository.ts'
import { createFraudRepository } from './fraud/fraud-repository.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createEventLog, type StoredEventLog } from './log/event-log.ts'
import { createSourceDecisionRepository } from './source-decision-repository.ts'
import { createKeptAnswerRepository } from './kept-answer-repository.ts'
import { createIdentityRepository } from './identity/identity-repository.ts'
import { createSearchRepository } from './search/search-repository.ts'
import { createTraceRepository } from './trace/trace-repository.ts'
import type { Store, StoreOptions } from './types.ts'

export interface StoreParts {
  readonly database: Database
  readonly postgres: EmbeddedPostgres | undefined
  readonly lock: DataLock
}

const DRAIN_PATIENCE = 10_000

export async function assembleStore(options: StoreOptions, parts: StoreParts): Promise<Store> {
  const { clock } = options
  const { database, postgres } = parts
  const node = identify(options)
  const { logger, sealer } = options
  const events = await createEventLog({ database, clock, logger, sealer, home: node.home })
  publishKey(options, events.publicKey)
  const bindings = createBindingRepository(database, clock)
  const calls = createCallRecordRepository(database, clock, node)
  const { writers: fraudWriters, ...fraud } = await createFraudRepository(database, clock, node.home)
  const sourceDecisions = createSourceDecisionRepository(database, clock)
  const writers = [calls.writer, bindings.writer, events.writer, ...fraudWriters, sourceDecisions.writer]
  const heartbeat = createHeartbeat(database, clock, node, options.heartbeatInterval)
  watchOutages(options, database, events, writers)
  await heartbeat.start()
  const close = async (): Promise<void> => {
    await withinPatience(options, Promise.all(writers.map(writer => writer.flush())))
    await withinPatience(options, events.finish())
    for (const writer of writers) writer.stop()
    await heartbeat.stop()
    await database.close()
    await postgres?.stop()
    parts.lock.release()
  }
  let closing: Promise<void> | undefined
  return {
    directory: createDirectoryRepository(database, options.sealer),
    bindings,
    calls,
    events,
    fraud,
    sourceDecisions,
    identity: createIdentityRepository(database, options.sealer),
    keptAnswers: createKeptAnswerRepository(database),
    exports: createExportRepository(database, options.sealer, node.home),
    searches: createSearchRepository(database, options.sealer),
    traces: createTraceRepository(database, options.sealer),
    nodeId: node.id,
    get available() {
      return database.available
    },
    get databasePid() {
      return postgres?.pid
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

type Writer = Pick<StoredEventLog['writer'], 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>

function watchOutages(
  options: StoreOptions,
  database: Database,
  events: StoredEventLog,
  writers: readonly Writer[],
): void {
  let since = 0
  database.onAvailability((available, detail) => {
    if (!available) {
      since = options.clock.monotonic()
      options.observer?.unavailable?.(detail)
      for (const writer of writers) writer.refuseUrgent()
      return
    }
    const unavailableForMs = Math.round(options.clock.monotonic() - since)
    const report = { unavailableForMs, eventsBuffered: events.writer.size, eventsLost: events.takeLost() }
    for (const writer of writers) writer.resume()
    options.observer?.recovered?.(report)
  })
}

/** What cannot be written in time is lost, and said. */
async function withinPatience(options: StoreOptions, drained: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('the database does not take them')), DRAIN_PATIENCE)
  try {
    await Promise.race([drained, late.promise])
  } catch (error) {
    options.logger.error({ detail: messageOf(error) }, 'closing the store with writes that were not done')
  } finally {
    clearTimeout(timer)
  }
}

/** Who has this file can verify an export of the log; it is no secret. */
function publishKey({ dataDirectory }: StoreOptions, publicKey: string): void {
  const file = join(dataDirectory, 'log-public-key.pem')
  if (existsSync(file) && readFileSync(file, 'utf8') === publicKey) return
  writeFileSync(file, publicKey, { mode: 0o644, flush: true })
}

/** A new process id for records at each start, and the lasting one of this data folder. */
function identify({ dataDirectory, clock }: StoreOptions): NodeIdentity {
  const id = newId<'NodeId'>(clock.now())
  const file = join(dataDirectory, 'node-home')
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (isUuid(known)) return { id, home: known }
  writeFileSync(file, `${id}\n`, { mode: 0o644, flush: true })
  return { id, home: id }
}
