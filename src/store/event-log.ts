/** The events in order: positions without holes, appended in groups, read by position, time, type. */
import type { Clock } from '../base/clock.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { EventLog, EventQuery, LoggedEvent } from '../events/event-log.ts'
import { isUuid, jsonLines, tokenArray } from './columns.ts'
import type { Database } from './database.ts'
import { StoreError } from './errors.ts'
import type { GroupWriter } from './group-writer.ts'
import { createGroupWriter } from './group-writer.ts'

/** Events that wait for the database at most. */
export const EVENT_BUFFER = 100_000
const GATHER = 40
const MAXIMUM_RESULT = 10_000

export interface StoredEventLog extends EventLog {
  readonly writer: Pick<GroupWriter<RingfenceEvent>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>
  /** Events refused because the buffer was full, since the last call. */
  takeLost(): number
}

const APPEND = `
  WITH counter AS (UPDATE event_counter SET last = last + $1 RETURNING last - $1 AS base),
  added AS (
    INSERT INTO events (position, at, organisation_id, type, event)
    SELECT counter.base + item.number, item.at, item.organisation_id, item.type, item.event
    FROM counter, ROWS FROM (
      unnest($2::bigint[]), unnest($3::uuid[]), unnest($4::text[]), string_to_table($5, E'\\n')
    ) WITH ORDINALITY AS item (at, organisation_id, type, event, number)
  )
  SELECT base FROM counter`

/** `lastPosition`: the last one given when the store was opened. */
export function createEventLog(database: Database, clock: Clock, lastPosition: number): StoredEventLog {
  let confirmed = lastPosition
  let lost = 0
  const writer = createGroupWriter<RingfenceEvent>({
    clock,
    capacity: EVENT_BUFFER,
    gather: GATHER,
    available: () => database.available,
    async write(batch, again) {
      if (again && (await wasCommitted(database, batch[0]!, confirmed))) return
      const [row] = await database.query({
        name: 'append-events',
        text: APPEND,
        values: [
          batch.length,
          tokenArray(batch.map(event => event.at)),
          tokenArray(batch.map(event => event.organisationId)),
          tokenArray(batch.map(event => event.type)),
          jsonLines(batch),
        ],
      })
      confirmed = Number(row!['base']) + batch.length
    },
  })
  return {
    writer,
    append(event) {
      if (writer.size >= EVENT_BUFFER) lost++
      if (isAcceptable(event)) return writer.add(event)
      return Promise.reject(
        new StoreError('STORE_WRITE_REFUSED', 'an event without a proper time, type or organisation'),
      )
    },
    query: query => read(database, query),
    takeLost() {
      const count = lost
      lost = 0
      return count
    },
  }
}

/** A failed attempt may have been committed before its answer was lost: then its first event is there already. */
async function wasCommitted(database: Database, first: RingfenceEvent, after: number): Promise<boolean> {
  const rows = await database.query({
    text: 'SELECT 1 FROM events WHERE position > $1 AND event = $2 LIMIT 1',
    values: [after, JSON.stringify(first)],
  })
  return rows.length > 0
}

function isAcceptable(event: RingfenceEvent): boolean {
  const organisation = event.organisationId
  return (
    Number.isSafeInteger(event.at) &&
    /^[a-z.-]{1,64}$/.test(event.type) &&
    (organisation === undefined || isUuid(organisation))
  )
}

async function read(database: Database, query: EventQuery): Promise<readonly LoggedEvent[]> {
  const values: unknown[] = []
  const parameter = (value: unknown): string => `$${values.push(value)}`
  const conditions: string[] = []
  if (query.after !== undefined) conditions.push(`position > ${parameter(query.after)}`)
  if (query.since !== undefined) conditions.push(`at >= ${parameter(Math.floor(query.since))}`)
  if (query.organisationId !== undefined) conditions.push(`organisation_id = ${parameter(query.organisationId)}`)
  if (query.types !== undefined) {
    const prefixes = query.types.filter(type => type.endsWith('.')).map(type => `${type.replace(/[%_\\]/g, '')}%`)
    conditions.push(`(type = ANY (${parameter(query.types)}) OR type LIKE ANY (${parameter(prefixes)}))`)
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const newest = query.after === undefined && query.since === undefined
  const limit = parameter(Math.max(0, Math.min(Math.floor(query.limit), MAXIMUM_RESULT)))
  const order = newest ? 'DESC' : 'ASC'
  const text = `SELECT position, event FROM events ${where} ORDER BY position ${order} LIMIT ${limit}`
  const rows = (await database.query({ text, values })).map(row => ({
    position: Number(row['position']),
    event: JSON.parse(String(row['event'])) as RingfenceEvent,
  }))
  return newest ? rows.toReversed() : rows
}
