/** Records of calls: durable before the call is connected, closed after a crash at the last time that is known. */
import type { Clock } from '../base/clock.ts'
import type { NodeId } from '../base/ids.ts'
import type { CallRecord, CallRecordRepository } from '../call/call-record.ts'
import { isUuid, jsonLines, tokenArray } from './columns.ts'
import type { Database } from './database.ts'
import { StoreError } from './errors.ts'
import type { GroupWriter } from './group-writer.ts'
import { createGroupWriter } from './group-writer.ts'

/** Records that wait at most. */
const CAPACITY = 50_000
const GATHER = 20
/** A call waits for its first record, so that one is not kept for long. */
const URGENT_GATHER = 20
/** A node of another machine that was silent for so long holds no calls any more. */
const NODE_SILENT = 60_000
const MAXIMUM_RESULT = 10_000

export interface StoredCallRecordRepository extends CallRecordRepository {
  readonly writer: Pick<GroupWriter<CallRecord>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>
}

/** `home` is this data folder: an earlier process on it is known to be gone. */
export interface NodeIdentity {
  readonly id: NodeId
  readonly home: string
}

const WRITE = `
  WITH opened AS (
    INSERT INTO live_calls (id, organisation_id, node_id, started_at, record)
    SELECT item.id, item.organisation_id, $1::uuid, item.started_at, item.record FROM ROWS FROM (
      unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::bigint[]), string_to_table($5, E'\\n')
    ) AS item (id, organisation_id, started_at, record)
    ON CONFLICT (id) DO UPDATE SET record = excluded.record, node_id = excluded.node_id
  ), closed AS (
    DELETE FROM live_calls WHERE id = ANY ($6::uuid[])
  )
  INSERT INTO calls (id, organisation_id, started_at, record)
  SELECT * FROM ROWS FROM (
    unnest($6::uuid[]), unnest($7::uuid[]), unnest($8::bigint[]), string_to_table($9, E'\\n')
  ) AS item
  ON CONFLICT (id) DO UPDATE SET record = excluded.record`

export function createCallRecordRepository(
  database: Database,
  clock: Clock,
  node: NodeIdentity,
): StoredCallRecordRepository {
  const writer = createGroupWriter<CallRecord>({
    clock,
    capacity: CAPACITY,
    gather: GATHER,
    urgentGather: URGENT_GATHER,
    available: () => database.available,
    write: batch => writeRecords(database, node, batch),
  })
  return {
    writer,
    save(record) {
      if (isAcceptable(record)) return writer.add(record, record.endedAt === undefined)
      return Promise.reject(new StoreError('STORE_WRITE_REFUSED', 'a call record without proper identifiers or start'))
    },
    closeOrphans: now => closeOrphans(database, node, now),
    list: query => list(database, query),
    find: (id, organisationId) => find(database, id, organisationId),
  }
}

function isAcceptable(record: CallRecord): boolean {
  return isUuid(record.id) && isUuid(record.organisationId) && Number.isFinite(record.startedAt)
}

async function writeRecords(database: Database, node: NodeIdentity, batch: readonly CallRecord[]): Promise<void> {
  const newest = new Map<string, CallRecord>()
  for (const record of batch) newest.set(record.id, record)
  const open: CallRecord[] = []
  const ended: CallRecord[] = []
  for (const record of newest.values()) (record.endedAt === undefined ? open : ended).push(record)
  await database.query({
    name: 'write-call-records',
    text: WRITE,
    values: [node.id, ...columnsOf(open), ...columnsOf(ended)],
  })
}

function columnsOf(records: readonly CallRecord[]): [string, string, string, string] {
  return [
    tokenArray(records.map(record => record.id)),
    tokenArray(records.map(record => record.organisationId)),
    tokenArray(records.map(record => Math.floor(record.startedAt))),
    jsonLines(records),
  ]
}

/** The open records of nodes that are gone: of this data folder (whose lock we hold), unknown, or silent for a minute. */
const ORPHANS = `
  SELECT live_calls.record, nodes.last_seen FROM live_calls LEFT JOIN nodes ON nodes.id = live_calls.node_id
  WHERE live_calls.node_id <> $1 AND (nodes.id IS NULL OR nodes.home = $2 OR nodes.last_seen < $3)
  FOR UPDATE OF live_calls SKIP LOCKED`
/** A write whose answer was lost may have been committed after the end of its call. */
const FORGET_ENDED = 'DELETE FROM live_calls USING calls WHERE calls.id = live_calls.id'
const FORGET_NODES = `
  DELETE FROM nodes WHERE id <> $1 AND (home = $2 OR last_seen < $3)
  AND NOT EXISTS (SELECT 1 FROM live_calls WHERE live_calls.node_id = nodes.id)`
const CLOSE = `
  WITH closed AS (DELETE FROM live_calls WHERE id = ANY ($1::uuid[]))
  INSERT INTO calls (id, organisation_id, started_at, record)
  SELECT * FROM ROWS FROM (
    unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::bigint[]), string_to_table($4, E'\\n')
  ) AS item
  ON CONFLICT (id) DO NOTHING`

async function closeOrphans(database: Database, node: NodeIdentity, now: number): Promise<readonly CallRecord[]> {
  const values = [node.id, node.home, Math.floor(now) - NODE_SILENT]
  return database.transaction(async transaction => {
    await transaction.query({ text: FORGET_ENDED })
    const rows = await transaction.query({ text: ORPHANS, values })
    const closed = rows.map(row => endedByCrash(JSON.parse(String(row['record'])) as CallRecord, row['last_seen'], now))
    if (closed.length > 0) await transaction.query({ text: CLOSE, values: columnsOf(closed) })
    await transaction.query({ text: FORGET_NODES, values })
    return closed
  })
}

/** The last time that its node, or the record itself, is known to have lived; never in the future. */
function endedByCrash(record: CallRecord, lastSeen: unknown, now: number): CallRecord {
  const known = Math.max(record.startedAt, record.answeredAt ?? 0, lastSeen === null ? 0 : Number(lastSeen))
  const endedAt = Math.max(record.startedAt, Math.min(known, now))
  return { ...record, endedAt, end: { side: 'system', cause: 'system-crash', sipCode: 0 } }
}

/** For each organisation its newest, by the index; then the newest of those. Calls that are still up are among them. */
const LIST = `
  SELECT id, started_at, record FROM (
    SELECT recent.* FROM organisations CROSS JOIN LATERAL (
      SELECT id, started_at, record FROM calls
      WHERE organisation_id = organisations.id AND started_at < $2 ORDER BY started_at DESC LIMIT $3
    ) AS recent
    WHERE $1::uuid IS NULL OR organisations.id = $1
    UNION ALL
    SELECT id, started_at, record FROM live_calls
    WHERE ($1::uuid IS NULL OR organisation_id = $1) AND started_at < $2
      AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.id = live_calls.id)
  ) AS found
  ORDER BY started_at DESC, id DESC LIMIT $3`

async function list(
  database: Database,
  query: Parameters<CallRecordRepository['list']>[0],
): Promise<readonly CallRecord[]> {
  const limit = Math.max(0, Math.min(Math.floor(query.limit), MAXIMUM_RESULT))
  const before = query.before === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(query.before)
  const rows = await database.query({ text: LIST, values: [query.organisationId ?? null, before, limit] })
  return rows.map(row => JSON.parse(String(row['record'])) as CallRecord)
}

const FIND = `
  SELECT record FROM (
    SELECT organisation_id, record, 0 AS age FROM calls WHERE id = $1
    UNION ALL
    SELECT organisation_id, record, 1 FROM live_calls WHERE id = $1
  ) AS found
  WHERE $2::uuid IS NULL OR organisation_id = $2 ORDER BY age LIMIT 1`

async function find(
  database: Database,
  id: string,
  organisationId: string | undefined,
): Promise<CallRecord | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await database.query({ text: FIND, values: [id, organisationId ?? null] })
  return row === undefined ? undefined : (JSON.parse(String(row['record'])) as CallRecord)
}
